// Package siem carries what stands in the audit log to where a security team
// watches: one [Event] is made of each leaf, a [Format] writes it in the words of a
// SIEM, a [Transport] brings it there, an [Exporter] does so for one destination,
// from where it last stood.
//
// Its words are those of the log (leaf, entry, checkpoint) and of the receivers. A
// SIEM is a sink: it gets what its clearance allows and its list of fields names.
// An Event has no free text and no clear value (L7); what stands in the log for a
// person goes out under a key of the destination's own.
//
// Promises it upholds:
//
//	L2 once         at least once, and every leaf in order: an event has the same
//	                id whenever it is made, so that who gets it twice can tell
//	L4 provable     an event exists only under a checkpoint, and names its leaf
//	L5 forgettable  two destinations cannot join what they have of a person, and
//	                neither can join it with the log
//	L7 unprintable  names and codes only, in a form that no receiver takes for
//	                anything else
//
// Formats live in audit/siem/format, transports in audit/siem/transport.
package siem

import "time"

// Event is what a leaf of the log says, for a SIEM. What the destination may not
// have, or the entry does not tell, is empty.
type Event struct {
	ID       string // 32 hex digits, of origin, index and leaf: the same whenever it is made
	Time     time.Time
	Kind     string // of the entry; [KindRefused] for a leaf that is none, [KindAlert] for what is in no leaf
	Action   Action
	Outcome  Outcome
	Severity Severity

	Stage      string
	Connection string
	Source     string
	Stream     string // if the entry is about one
	Worker     string // id of the key that signed
	Build      string // SHA-256 of the executable
	Policy     string // revision
	Keys       string // epoch or period of keys
	Entry      string // id in its run
	Of         string // entry that this one ends
	Role       string // of who acts

	// In place of a person, where they came from, an object or data subjects:
	// HMAC-SHA-256, in hex, of what the log has in their place, under the destination's
	// own key.
	Principal, Address, Object, Subjects string

	Counts [countKinds]int64 // by Count; -1 where the entry has none
	Log    Place
}

// Place is where an event stands in the log.
type Place struct {
	Origin string // name of the log
	Index  int64  // of the leaf; -1 for what is in none
	Offset int64  // in the audit topic
	Hash   string // of the leaf, in hex
	Size   int64  // leaves under the checkpoint that covered it when it was sent
}

// Kinds of events that are no kind of entry.
const (
	KindRefused = "refused" // a leaf that is no entry
	KindAlert   = "alert"   // told by the exporter itself
)

// Outcome is what came of it.
type Outcome string

// The outcomes.
const (
	Success Outcome = "success"
	Failure Outcome = "failure"
	Unknown Outcome = "unknown" // an intent, or what does not say
)

// Severity is how much it matters, as OCSF counts.
type Severity int

// The severities.
const (
	Informational Severity = 1
	Low           Severity = 2
	Medium        Severity = 3
	High          Severity = 4
	Critical      Severity = 5
)

func (s Severity) String() string {
	switch s {
	case Informational:
		return "informational"
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	case Critical:
		return "critical"
	}
	return "unknown"
}

// Count is a number that entries tell.
type Count int

// The counts.
const (
	CountIn          Count = iota // data records read
	CountDelivered                // by stream, as ingest and mask say
	CountQuarantined              //
	CountFiltered                 //
	CountShredded                 //
	CountRows                     // that a sink wrote
	CountActed                    // of an action: subjects, values, connections or documents
	CountParts                    // input partitions
	CountColumns                  // of a stream
	CountUnlisted                 // of those, which no policy knows
	CountForged                   // control records that were refused
	CountPacks                    // packs of a policy
	CountPacksGone                // packs that the connection's policy before had, and this one lacks
	countKinds
)

// Counts lists the counts.
func Counts() []Count {
	all := make([]Count, countKinds)
	for i := range all {
		all[i] = Count(i)
	}
	return all
}

// String is the count's name in every format.
func (c Count) String() string { return countNames[c] }

var countNames = [countKinds]string{"in", "delivered", "quarantined", "filtered", "shredded", "rows", "count", "parts", "columns", "unlisted", "forged", "packs", "packs_gone"}

// Format writes events as a kind of receiver reads them.
type Format struct {
	Name        string
	Help        string // one sentence
	ContentType string
	JSON        bool // an event is one JSON object
	// Append adds the event to dst, without anything behind it. Whatever the event
	// holds, it is one line.
	Append func(dst []byte, e *Event) []byte
}
