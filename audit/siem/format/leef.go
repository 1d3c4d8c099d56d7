package format

import "lethe/audit/siem"

// AppendLEEF adds an event in QRadar's Log Event Extended Format 2.0, with tabs
// between the attributes. Control characters are replaced, so that no tab stands in
// a value.
func AppendLEEF(b []byte, e *siem.Event) []byte {
	b = append(b, "LEEF:2.0|"+vendor+"|"+product+"|"+version+"|"...)
	b = append(appendBar(b, string(e.Action)), "|x09|devTime="...)
	b = e.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000-0700")
	b = append(b, "\tdevTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ"...)
	b = append(b, "\tsev="...)
	b = appendInt(b, cefSeverity(e.Severity))
	b = appendLEEF(b, "cat", e.Kind)
	b = appendLEEF(b, "name", e.Action.Title())
	b = appendLEEF(b, "externalId", e.ID)
	b = appendLEEF(b, "outcome", string(e.Outcome))
	b = appendLEEF(b, "usrName", e.Principal)
	b = appendLEEF(b, "stage", e.Stage)
	b = appendLEEF(b, "connection", e.Connection)
	b = appendLEEF(b, "source", e.Source)
	b = appendLEEF(b, "stream", e.Stream)
	b = appendLEEF(b, "worker", e.Worker)
	b = appendLEEF(b, "build", e.Build)
	b = appendLEEF(b, "policyRevision", e.Policy)
	b = appendLEEF(b, "keys", e.Keys)
	b = appendLEEF(b, "entry", e.Entry)
	b = appendLEEF(b, "of", e.Of)
	b = appendLEEF(b, "role", e.Role)
	b = appendLEEF(b, "address", e.Address)
	b = appendLEEF(b, "object", e.Object)
	b = appendLEEF(b, "subjectsId", e.Subjects)
	for c, n := range e.Counts {
		if n >= 0 {
			b = append(append(append(b, '\t'), siem.Count(c).String()...), '=')
			b = appendInt(b, n)
		}
	}
	b = appendLEEF(b, "tlogOrigin", e.Log.Origin)
	if e.Log.Index >= 0 {
		b = append(b, "\ttlogIndex="...)
		b = append(appendInt(b, e.Log.Index), "\ttlogOffset="...)
		b = appendInt(b, e.Log.Offset)
		b = appendLEEF(b, "tlogLeafHash", e.Log.Hash)
	}
	b = append(b, "\ttlogCheckpointSize="...)
	return appendInt(b, e.Log.Size)
}

func appendLEEF(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, '\t'), key...), '=')
	return appendPlain(b, value, "")
}

// appendBar adds text to a header that has no way to escape its bar.
func appendBar(b []byte, s string) []byte {
	at := len(b)
	b = appendPlain(b, s, "")
	for i := at; i < len(b); i++ {
		if b[i] == '|' {
			b[i] = '?'
		}
	}
	return b
}
