package format

import "lethe/audit/siem"

// AppendJSON adds an event as JSON with Lethe's own names.
func AppendJSON(b []byte, e *siem.Event) []byte {
	o := open(b)
	o.text("id", e.ID)
	o.key("time")
	o.b = append(appendTime(append(o.b, '"'), e.Time), '"')
	o.text("kind", e.Kind)
	o.text("action", string(e.Action))
	o.text("title", e.Action.Title())
	o.text("outcome", string(e.Outcome))
	o.text("severity", e.Severity.String())
	o.texts(e)
	o.counts("counts", e)
	o.place("tlog", e)
	return o.close()
}
