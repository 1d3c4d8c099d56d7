package report

import (
	"time"

	"lethe/stream"
)

// Folder is what a folder's files say: what was declared. Whoever wires a folder fills
// it in.
type Folder struct {
	Workspace   string
	Build       string // SHA-256 of the executable that makes the report
	Sources     []Source
	Sinks       []Sink
	Connections []Connection
	Laws        []Law
	RawMaxAge   time.Duration // how old raw records may get before somebody is told
	Keep        time.Duration // of what nobody has to read any more; 0 for ever
	Quarantine  time.Duration // of quarantined records
	Epochs      []Epoch
	Periods     []string // of keys that are there
	History     []Revision
	Record      Record // declared by people
	// Missing tells what could not be read, in words for a person.
	Missing []Text
}

// Source is a source.
type Source struct{ Name, Connector string }

// Sink is a sink.
type Sink struct {
	Name, Connector, Region string
	Clearance               []string
}

// Connection is a connection with what its policy decides.
type Connection struct {
	Name, From, To, Purpose string
	Policy                  string // file
	Revision                string
	Packs                   []string
	Streams                 []Stream
}

// Stream is a stream of a connection.
type Stream struct {
	Name, Class, Label, Topic string
	Subject                   string   // column of the data subject; "" for none
	Persons                   []string // what identifiers of its persons are about
	Gone                      bool     // the log has it, and the folder declares it no more
	Fields                    []Field
}

// Field is what becomes of a field, and why.
type Field struct {
	Path, Element, About, Class string
	Operator                    string
	As                          string // of generalize: year, zip3
	Result                      string // clear, pseudonymised, removed
	Erasable                    bool
	Where                       string // place of the rule
	Sections                    []string
	Because                     []string
	Under                       []Field // what each revision of a range did, where they are several
}

// Law is a pack that a connection stands under.
type Law struct {
	Name, Law, Effective string
	Recalled             bool
	Home                 []string // regions where data may be without a mechanism; none for anywhere
	Retention            []Term
	Deadlines            []Term
}

// Term is a duty with its time.
type Term struct {
	Duty, Within, Section, Effective string
	Recalled                         bool
}

// Epoch is an epoch of the masking keys.
type Epoch struct {
	Name string
	Made time.Time
}

// Revision is what a kept policy revision does, by stream and field.
type Revision struct {
	ID      string
	Streams map[string]map[string]stream.Treatment
}

// Record is what people declared about their processing.
type Record struct {
	Given      bool // there is a declaration at all
	Controller Party
	Joint      []Party
	DPO        Party
	Processor  []Party // on whose behalf the data is processed; none for a controller
	Purposes   []Purpose
	Recipients []Recipient
	Rights     string
	Measures   []string
	Refusals   []Refusal
}

// Party is a person or body.
type Party struct{ Name, Address, Contact, Representative string }

// Purpose is a declared purpose: that of connections of the same name.
type Purpose struct {
	Name, Description string
	Basis             []string // such as GDPR Art. 6(1)(f)
	Subjects          []string
	Elements          []string // declared categories: elements, or families with .*
	Retention         string
}

// Recipient is a declared recipient: the sink of the same name.
type Recipient struct {
	Sink, Name, Country, Mechanism, Safeguards string
	Processor                                  bool
}

// Refusal is a request of a data subject that was refused.
type Refusal struct{ Date, Section, Reason string }

// AboutPersons reports whether rows of a stream may be about persons: all that the policy
// of now does not say otherwise of.
func (f Folder) AboutPersons(connection, stream string) bool {
	for _, c := range f.Connections {
		for _, s := range c.Streams {
			if c.Name == connection && s.Name == stream {
				return s.Subject != ""
			}
		}
	}
	return true
}
