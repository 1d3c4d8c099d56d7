package siem

import "cmp"

// Action is what was done, or is to be.
type Action string

// The actions. Those of an intent are its own: start, read, erase, reveal, rotate, revoke.
const (
	Ingest         Action = "ingest"
	Mask           Action = "mask"
	Load           Action = "sink"
	Delete         Action = "delete"
	Release        Action = "release"
	StageStart     Action = "stage.start"
	StageTake      Action = "stage.take" // another run goes on
	StreamShape    Action = "stream.shape"
	StreamSeen     Action = "stream.seen"  // in a shape that it had before
	StreamOpen     Action = "stream.open"  // its first records come
	StreamClose    Action = "stream.close" // its source lists it no more
	SnapshotVoid   Action = "snapshot.void"
	PolicyChange   Action = "policy.change"
	PolicyWeaken   Action = "policy.weaken"
	PolicyAnnounce Action = "policy.announce"
	ControlForged  Action = "control.forged"
	Start          Action = "start"
	Read           Action = "read"
	Reveal         Action = "reveal"
	Erase          Action = "erase"
	Rotate         Action = "rotate"
	Revoke         Action = "revoke"
	Act            Action = "act" // an action that this build has no word for
	Shred          Action = "shred"
	Enrol          Action = "worker.enrol"
	EnrolAgain     Action = "worker.return" // a key that was enrolled before
	WorkerRevoke   Action = "worker.revoke"
	LogClose       Action = "log.close" // a shard of the log ends, which goes on under another key
	LogBegin       Action = "log.begin"
	EntryRefused   Action = "entry.refused"
	EntryOther     Action = "entry.other" // an entry of a kind that this build has no word for

	// Told by the exporter.
	LogDamaged      Action = "log.damaged"
	CheckpointStale Action = "checkpoint.stale"
)

// Actions lists them.
func Actions() []Action {
	return []Action{Ingest, Mask, Load, Delete, Release, StageStart, StageTake, StreamShape, StreamSeen, StreamOpen, StreamClose, SnapshotVoid, PolicyChange, PolicyWeaken, PolicyAnnounce,
		ControlForged, Start, Read, Reveal, Erase, Rotate, Revoke, Act, Shred, Enrol, EnrolAgain, WorkerRevoke, LogClose, LogBegin, EntryRefused, EntryOther, LogDamaged, CheckpointStale}
}

// Title is the action in words, the same for every event; that of [Act] for one that this
// build has no words for.
func (a Action) Title() string { return cmp.Or(titles[a], titles[Act]) }

var titles = map[Action]string{
	Ingest:          "Records ingested",
	Mask:            "Records masked",
	Load:            "Records loaded into a sink",
	Delete:          "Records deleted",
	Release:         "Records released from quarantine",
	StageStart:      "Stage started a chain",
	StageTake:       "Stage taken over by another run",
	StreamShape:     "Stream has a new shape",
	StreamSeen:      "Stream seen in a shape that it had",
	StreamOpen:      "Stream gives its first records",
	StreamClose:     "Stream is no longer in its source",
	SnapshotVoid:    "Snapshot begun again",
	PolicyChange:    "Policy revision changed",
	PolicyWeaken:    "Policy revision weakened",
	PolicyAnnounce:  "Policy revision put in force",
	ControlForged:   "Forged control records refused",
	Start:           "Workspace started under a configuration",
	Read:            "Audit data read",
	Reveal:          "Masked values opened",
	Erase:           "Data subjects erased",
	Rotate:          "Keys rotated",
	Revoke:          "Worker key to be revoked",
	Act:             "Action of a person",
	Shred:           "Keys of data subjects destroyed",
	Enrol:           "Worker key enrolled",
	EnrolAgain:      "Worker key enrolled before",
	WorkerRevoke:    "Worker key revoked",
	LogClose:        "Audit log ends a shard, and its key",
	LogBegin:        "Audit log goes on under another key",
	EntryRefused:    "Audit topic held what is no entry",
	EntryOther:      "Audit entry",
	LogDamaged:      "Audit log does not fit its checkpoint",
	CheckpointStale: "Audit log has no new checkpoint",
}
