package format

import "lethe/audit/siem"

// AppendCEF adds an event in ArcSight's Common Event Format. Fields that it has no
// key for have one that begins with Lethe.
func AppendCEF(b []byte, e *siem.Event) []byte {
	b = append(b, "CEF:0|"+vendor+"|"+product+"|"+version+"|"...)
	b = append(appendPlain(b, string(e.Action), `|\`), '|')
	b = append(appendPlain(b, e.Action.Title(), `|\`), '|')
	b = append(appendInt(b, cefSeverity(e.Severity)), '|')
	b = append(b, "rt="...)
	b = appendInt(b, e.Time.UnixMilli())
	b = appendCEF(b, "externalId", e.ID)
	b = appendCEF(b, "cat", e.Kind)
	b = appendCEF(b, "act", string(e.Action))
	b = appendCEF(b, "outcome", string(e.Outcome))
	b = appendCEF(b, "deviceProcessName", e.Stage)
	b = appendCEF(b, "deviceExternalId", e.Worker)
	b = appendCEF(b, "suid", e.Principal)
	b = appendCEF(b, "fileHash", e.Log.Hash)
	b = appendLabelled(b, "cs1", "Connection", e.Connection)
	b = appendLabelled(b, "cs2", "Source", e.Source)
	b = appendLabelled(b, "cs3", "Stream", e.Stream)
	b = appendLabelled(b, "cs4", "Policy", e.Policy)
	b = appendLabelled(b, "cs5", "Entry", e.Entry)
	b = appendLabelled(b, "cs6", "Log", e.Log.Origin)
	if e.Log.Index >= 0 {
		b = append(b, " cn1="...)
		b = append(appendInt(b, e.Log.Index), " cn1Label=LeafIndex cn2="...)
		b = append(appendInt(b, e.Log.Size), " cn2Label=CheckpointSize"...)
		b = append(b, " LetheOffset="...)
		b = appendInt(b, e.Log.Offset)
	}
	b = appendCEF(b, "LetheOf", e.Of)
	b = appendCEF(b, "LetheBuild", e.Build)
	b = appendCEF(b, "LetheKeys", e.Keys)
	b = appendCEF(b, "LetheRole", e.Role)
	b = appendCEF(b, "LetheAddress", e.Address)
	b = appendCEF(b, "LetheObject", e.Object)
	b = appendCEF(b, "LetheSubjectsId", e.Subjects)
	for c, n := range e.Counts {
		if n >= 0 {
			b = append(append(append(b, ' '), cefCounts[c]...), '=')
			b = appendInt(b, n)
		}
	}
	return b
}

// cefCounts are the keys of the counts, which have letters only.
var cefCounts = cefKeys()

func cefKeys() []string {
	keys := make([]string, len(siem.Counts()))
	for i, c := range siem.Counts() {
		key, upper := []byte("Lethe"), true
		for _, x := range []byte(c.String()) {
			switch {
			case x == '_':
				upper = true
			case upper:
				key, upper = append(key, x-'a'+'A'), false
			default:
				key = append(key, x)
			}
		}
		keys[i] = string(key)
	}
	return keys
}

// appendCEF adds an extension unless it is empty.
func appendCEF(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, ' '), key...), '=')
	return appendPlain(b, value, `=\`)
}

// appendLabelled adds one of the extensions that have a label.
func appendLabelled(b []byte, key, label, value string) []byte {
	if value == "" {
		return b
	}
	b = appendCEF(b, key, value)
	return append(append(append(append(b, ' '), key...), "Label="...), label...)
}

// cefSeverity is 0 to 10.
func cefSeverity(s siem.Severity) int64 {
	switch s {
	case siem.Informational:
		return 1
	case siem.Low:
		return 3
	case siem.Medium:
		return 5
	case siem.High:
		return 8
	case siem.Critical:
		return 10
	}
	return 0
}
