package format

import "lethe/audit/siem"

// sdID names the structured data. 32473 is the enterprise number that is set aside
// for those who have none (RFC 5612).
const sdID = "lethe@32473"

// logAudit is the facility of audit logs (RFC 5424 §6.2.1).
const logAudit = 13

// AppendRFC5424 adds an event as a syslog message with structured data, without
// framing. The host is left to the relay.
func AppendRFC5424(b []byte, e *siem.Event) []byte {
	b = append(b, '<')
	b = appendInt(b, logAudit*8+syslogSeverity(e.Severity))
	b = append(b, ">1 "...)
	b = append(appendTime(b, e.Time), " - lethe - "...)
	b = append(appendMsgID(b, string(e.Action)), " ["+sdID...)
	b = appendSD(b, "id", e.ID)
	b = appendSD(b, "kind", e.Kind)
	b = appendSD(b, "action", string(e.Action))
	b = appendSD(b, "outcome", string(e.Outcome))
	b = appendSD(b, "severity", e.Severity.String())
	b = appendSD(b, "stage", e.Stage)
	b = appendSD(b, "connection", e.Connection)
	b = appendSD(b, "source", e.Source)
	b = appendSD(b, "stream", e.Stream)
	b = appendSD(b, "worker", e.Worker)
	b = appendSD(b, "build", e.Build)
	b = appendSD(b, "policy", e.Policy)
	b = appendSD(b, "keys", e.Keys)
	b = appendSD(b, "entry", e.Entry)
	b = appendSD(b, "of", e.Of)
	b = appendSD(b, "role", e.Role)
	b = appendSD(b, "address", e.Address)
	b = appendSD(b, "principal", e.Principal)
	b = appendSD(b, "object", e.Object)
	b = appendSD(b, "subjects_id", e.Subjects)
	for c, n := range e.Counts {
		if n >= 0 {
			b = append(append(append(b, ' '), siem.Count(c).String()...), `="`...)
			b = append(appendInt(b, n), '"')
		}
	}
	b = appendSD(b, "tlog_origin", e.Log.Origin)
	if e.Log.Index >= 0 {
		b = append(b, ` tlog_index="`...)
		b = append(appendInt(b, e.Log.Index), `" tlog_offset="`...)
		b = append(appendInt(b, e.Log.Offset), '"')
		b = appendSD(b, "tlog_leaf_hash", e.Log.Hash)
	}
	b = append(b, ` tlog_checkpoint_size="`...)
	b = append(appendInt(b, e.Log.Size), "\"] \xef\xbb\xbf"...)
	return appendPlain(b, e.Action.Title(), "")
}

// appendSD adds a parameter unless it is empty (RFC 5424 §6.3.3).
func appendSD(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, ' '), key...), `="`...)
	return append(appendPlain(b, value, `"\]`), '"')
}

// appendMsgID adds at most 32 printable characters (RFC 5424 §6.2.7).
func appendMsgID(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	for i := range min(len(s), 32) {
		if c := s[i]; c > ' ' && c < 0x7f {
			b = append(b, c)
		} else {
			b = append(b, '?')
		}
	}
	return b
}

// syslogSeverity is 0 to 7, 7 the least (RFC 5424 §6.2.1).
func syslogSeverity(s siem.Severity) int64 {
	switch s {
	case siem.Low:
		return 5
	case siem.Medium:
		return 4
	case siem.High:
		return 3
	case siem.Critical:
		return 2
	}
	return 6
}
