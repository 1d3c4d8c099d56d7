package format

import "lethe/audit/siem"

// ocsfVersion is the released version of the schema that OCSF events follow.
const ocsfVersion = "1.8.0"

// ocsfForm is which objects a class asks for.
type ocsfForm int

const (
	ocsfBase      ocsfForm = iota
	ocsfDatastore          // actor, src_endpoint, table
	ocsfAPI                // actor, src_endpoint, api
	ocsfEntity             // entity
	ocsfLifecycle          // app
	ocsfFinding            // finding_info
)

// ocsfClass is a class of the schema and an activity of it. The name of an activity
// that the schema calls other is ours.
type ocsfClass struct {
	form                      ocsfForm
	category, class, activity int64
	name                      string
}

// ocsfOther is the activity that a class has no word for.
const ocsfOther = 99

// ocsfOf is the class of an event.
func ocsfOf(a siem.Action) ocsfClass {
	switch a {
	case siem.Ingest:
		return ocsfClass{ocsfDatastore, 6, 6005, 1, "Read"}
	case siem.Mask:
		return ocsfClass{ocsfDatastore, 6, 6005, ocsfOther, "Mask"}
	case siem.Load:
		return ocsfClass{ocsfDatastore, 6, 6005, 5, "Write"}
	case siem.Delete, siem.Erase:
		return ocsfClass{ocsfDatastore, 6, 6005, 7, "Delete"}
	case siem.Release:
		return ocsfClass{ocsfDatastore, 6, 6005, ocsfOther, "Release"}
	case siem.StreamOpen:
		return ocsfClass{ocsfLifecycle, 6, 6002, 3, "Start"}
	case siem.StreamClose:
		return ocsfClass{ocsfFinding, 2, 2006, 1, "Create"}
	case siem.SnapshotVoid:
		return ocsfClass{ocsfDatastore, 6, 6005, ocsfOther, "Void"}
	case siem.Reveal:
		return ocsfClass{ocsfDatastore, 6, 6005, 10, "Decrypt"}
	case siem.StageStart, siem.Start:
		return ocsfClass{ocsfLifecycle, 6, 6002, 3, "Start"}
	case siem.StageTake:
		return ocsfClass{ocsfLifecycle, 6, 6002, 5, "Restart"}
	case siem.StreamShape, siem.ControlForged, siem.EntryRefused, siem.LogDamaged, siem.CheckpointStale:
		return ocsfClass{ocsfFinding, 2, 2006, 1, "Create"}
	case siem.PolicyChange, siem.PolicyWeaken, siem.Rotate, siem.Revoke, siem.LogClose:
		return ocsfClass{ocsfEntity, 3, 3004, 3, "Update"}
	case siem.PolicyAnnounce, siem.LogBegin:
		return ocsfClass{ocsfEntity, 3, 3004, 10, "Activate"}
	case siem.Shred:
		return ocsfClass{ocsfEntity, 3, 3004, 4, "Delete"}
	case siem.Enrol:
		return ocsfClass{ocsfEntity, 3, 3004, 6, "Enroll"}
	case siem.WorkerRevoke:
		return ocsfClass{ocsfEntity, 3, 3004, 7, "Unenroll"}
	case siem.Read:
		return ocsfClass{ocsfAPI, 6, 6003, 2, "Read"}
	case siem.EnrolAgain:
		return ocsfClass{ocsfEntity, 3, 3004, 8, "Enable"}
	case siem.StreamSeen:
		return ocsfClass{ocsfEntity, 3, 3004, 2, "Read"}
	case siem.EntryOther:
		return ocsfClass{ocsfBase, 0, 0, ocsfOther, "Entry"}
	}
	return ocsfClass{ocsfAPI, 6, 6003, ocsfOther, "Act"}
}

// AppendOCSF adds an event in OCSF. What the class has no word for, and the place in
// the log, stand below unmapped.
func AppendOCSF(b []byte, e *siem.Event) []byte {
	c := ocsfOf(e.Action)
	o := open(b)
	o.number("time", e.Time.UnixMilli())
	o.number("category_uid", c.category)
	o.number("class_uid", c.class)
	o.number("activity_id", c.activity)
	o.text("activity_name", c.name)
	o.number("type_uid", c.class*100+c.activity)
	o.number("severity_id", int64(e.Severity))
	o.number("status_id", ocsfStatus(e.Outcome))
	o.text("message", e.Action.Title())
	o.ocsfMetadata(e)
	switch c.form {
	case ocsfDatastore:
		o.ocsfActor(e)
		in := o.begin("table")
		if e.Stream != "" {
			in.text("name", e.Stream)
		} else {
			in.text("uid", firstOf(e.Source, e.Connection, "unknown"))
		}
		o.end(in)
	case ocsfAPI:
		o.ocsfActor(e)
		in := o.begin("api")
		in.text("operation", string(e.Action))
		o.end(in)
	case ocsfEntity:
		in := o.begin("entity")
		typ, uid := ocsfEntityOf(e)
		in.text("name", firstOf(e.Connection, typ))
		in.text("uid", uid)
		in.text("type", typ)
		o.end(in)
	case ocsfLifecycle:
		in := o.begin("app")
		in.text("name", firstOf(e.Stage, "lethe"))
		in.text("vendor_name", vendor)
		in.text("uid", e.Build)
		in.text("version", version)
		o.end(in)
	case ocsfFinding:
		in := o.begin("finding_info")
		in.text("uid", e.ID)
		in.text("title", e.Action.Title())
		o.end(in)
		o.key("is_alert")
		o.b = append(o.b, map[bool]string{true: "true", false: "false"}[e.Severity >= siem.High]...)
	}
	in := o.begin("unmapped")
	in.text("kind", e.Kind)
	in.text("action", string(e.Action))
	in.texts(e)
	in.counts("counts", e)
	in.place("tlog", e)
	o.end(in)
	return o.close()
}

func ocsfStatus(o siem.Outcome) int64 {
	switch o {
	case siem.Success:
		return 1
	case siem.Failure:
		return 2
	}
	return 0
}

func (o *object) ocsfMetadata(e *siem.Event) {
	in := o.begin("metadata")
	in.text("version", ocsfVersion)
	p := in.begin("product")
	p.text("name", product)
	p.text("vendor_name", vendor)
	p.text("version", version)
	in.end(p)
	in.text("uid", e.ID)
	in.text("log_name", e.Log.Origin)
	in.text("event_code", string(e.Action))
	in.text("correlation_uid", firstOf(e.Of, e.Entry))
	if e.Log.Index >= 0 {
		in.number("sequence", e.Log.Index)
	}
	o.end(in)
}

func (o *object) ocsfActor(e *siem.Event) {
	in := o.begin("actor")
	in.text("app_name", "lethe")
	if e.Principal != "" {
		user := in.begin("user")
		user.text("uid", e.Principal)
		in.end(user)
	}
	o.end(in)
	in = o.begin("src_endpoint")
	in.text("svc_name", "lethe")
	in.text("instance_uid", e.Worker)
	o.end(in)
}

// ocsfEntityOf is the kind of what was changed, and its id.
func ocsfEntityOf(e *siem.Event) (typ, uid string) {
	switch e.Action {
	case siem.Enrol, siem.EnrolAgain, siem.WorkerRevoke:
		return "worker key", e.Worker
	case siem.Revoke: // which one stands in the entry that follows
		return "worker key", e.Entry
	case siem.StreamSeen:
		return "stream", e.Stream
	case siem.LogClose, siem.LogBegin:
		return "log key", e.Log.Origin
	case siem.Rotate:
		return "keys", e.Keys
	case siem.Shred:
		return "subject keys", e.Entry
	}
	return "policy", e.Policy
}

// firstOf is the first text that is not empty.
func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
