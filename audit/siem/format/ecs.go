package format

import "lethe/audit/siem"

// ecsVersion is the version of the Elastic Common Schema that ECS events follow.
const ecsVersion = "8.17.0"

// AppendECS adds an event in the Elastic Common Schema. What that has no word for
// stands below lethe.
func AppendECS(b []byte, e *siem.Event) []byte {
	o := open(b)
	o.key("@timestamp")
	o.b = append(appendTime(append(o.b, '"'), e.Time), '"')
	o.text("message", e.Action.Title())
	in := o.begin("ecs")
	in.text("version", ecsVersion)
	o.end(in)
	o.ecsEvent(e)
	in = o.begin("service")
	in.text("name", "lethe")
	in.text("type", "lethe")
	if e.Worker != "" {
		node := in.begin("node")
		node.text("name", e.Worker)
		in.end(node)
	}
	o.end(in)
	if e.Principal != "" {
		in = o.begin("user")
		in.text("id", e.Principal)
		o.end(in)
	}
	if e.Log.Hash != "" {
		o.key("related")
		o.b = append(appendString(append(o.b, `{"hash":[`...), e.Log.Hash), "]}"...)
	}
	in = o.begin("lethe")
	in.texts(e)
	in.counts("counts", e)
	in.place("tlog", e)
	o.end(in)
	return o.close()
}

func (o *object) ecsEvent(e *siem.Event) {
	category, typ := ecsOf(e)
	in := o.begin("event")
	in.text("id", e.ID)
	kind := "event"
	if e.Kind == siem.KindAlert || e.Severity >= siem.High {
		kind = "alert"
	}
	in.text("kind", kind)
	in.key("category")
	in.b = append(appendString(append(in.b, '['), category), ']')
	in.key("type")
	in.b = append(appendString(append(in.b, '['), typ), ']')
	in.text("action", string(e.Action))
	in.text("outcome", string(e.Outcome))
	in.number("severity", int64(e.Severity))
	in.text("module", "lethe")
	in.text("dataset", "lethe.audit")
	in.text("provider", "lethe")
	if e.Log.Index >= 0 {
		in.number("sequence", e.Log.Index)
	}
	in.text("hash", e.Log.Hash)
	in.text("code", e.Kind)
	o.end(in)
}

// ecsOf is the category and the type of an event.
func ecsOf(e *siem.Event) (category, typ string) {
	switch e.Action {
	case siem.Ingest, siem.Read, siem.Reveal:
		return "database", "access"
	case siem.Mask, siem.Load, siem.Release:
		return "database", "change"
	case siem.Delete, siem.Erase, siem.Shred:
		return "database", "deletion"
	case siem.StageStart, siem.StageTake, siem.Start:
		return "process", "start"
	case siem.StreamShape, siem.StreamSeen, siem.StreamOpen, siem.StreamClose, siem.SnapshotVoid:
		return "database", "info"
	case siem.PolicyChange, siem.PolicyWeaken, siem.PolicyAnnounce, siem.Rotate, siem.Revoke, siem.LogClose, siem.LogBegin:
		return "configuration", "change"
	case siem.Enrol, siem.EnrolAgain:
		return "iam", "creation"
	case siem.WorkerRevoke:
		return "iam", "deletion"
	case siem.ControlForged:
		return "intrusion_detection", "denied"
	case siem.EntryRefused, siem.LogDamaged, siem.CheckpointStale:
		return "intrusion_detection", "info"
	}
	return "configuration", "info"
}
