// Package report makes the documents that auditors, protection officers and
// authorities ask for, computed from the audit log and from what a folder says.
//
// Its words are those of the laws (record of processing, breach, safe harbor) and of
// the log (entry, receipt, checkpoint, revision). It opens no folder, policy or topic:
// what they say is handed in as a [Folder]; it reads the log itself. A report is one
// [Document], which the renderers give as HTML, PDF, JSON and CSV in each language.
//
// What a report may claim is what the log can prove: what was committed to (L4). A
// report says on its first page which checkpoint it rests on, what it could not read,
// and which of its facts were declared by people and not observed. What a law asks is
// data with its section, its date and its source (laws.yaml); what was recalled and not
// checked against a source is marked so.
//
// Promises:
//
//	L4 provable     entries that a report names carry their place in the log, and the
//	                JSON their proof up to the checkpoint
//	L7 unprintable  a report holds names of columns, counts and times, and no value
package report

import (
	"fmt"
	"slices"
	"time"

	"lethe/stream"
)

// Kind is one kind of report.
type Kind struct {
	Name  string // as it is asked for
	Title Text
	Help  string // what it tells, for the command line
	Wants Wants
	make  func(*work)
}

// Wants is what a kind needs beside the counts of the log.
type Wants struct {
	Details bool // detail records of the receipts in range
	Objects bool // every [Object] that sinks wrote
}

// Kinds lists the reports, in the order of the documentation.
func Kinds() []Kind {
	return []Kind{
		coverageKind(),
		ropaKind(),
		breachKind(),
		soxKind(),
		hipaaKind(),
		retentionKind(),
		qualityKind(),
		accessKind(),
	}
}

// Find gives the kind called name.
func Find(name string) (Kind, bool) {
	all := Kinds()
	i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// Names lists the names of the kinds.
func Names() (names []string) {
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// Input is everything that a report is made from.
type Input struct {
	Folder  Folder
	Facts   *Facts
	Options Options
	Now     time.Time
}

// Options are what a person asked for.
type Options struct {
	Scope  Scope  // breach: what was exposed
	Seed   string // sox: of the sample
	Sample int    // sox: how many entries
	At     int64  // sox: of the log when it had this size; 0 for now
	Person Person // access
}

// Person is whom an access report is about.
type Person struct {
	Stream string // whose rows have the identifier; "" for everybody
	Erased bool
}

// work is a report as it is made.
type work struct {
	Input
	*Document
	laws laws
}

// Make makes a report.
func Make(k Kind, in Input) (*Document, error) {
	l, err := readLaws()
	if err != nil {
		return nil, fmt.Errorf("laws: %w", err)
	}
	if k.make == nil {
		return nil, &stream.Fault{Code: "report.kind", Msg: "no such report", Hint: "lethe help report"}
	}
	w := &work{Input: in, laws: l, Document: &Document{Kind: k.Name, Title: k.Title, Workspace: in.Folder.Workspace,
		From: in.Facts.From, To: in.Facts.To, Made: in.Now.UTC().Truncate(time.Second), Build: in.Folder.Build, Checkpoint: in.Facts.Checkpoint}}
	for _, c := range in.Folder.Connections {
		w.Revisions = append(w.Revisions, Named{c.Name, c.Revision})
	}
	w.warned()
	w.notInForce()
	k.make(w)
	w.rests()
	w.finish()
	return w.Document, nil
}
