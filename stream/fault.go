package stream

import (
	"errors"
	"strings"
)

// Exit codes that a Fault asks for.
const (
	ExitFault       = 1 // ours
	ExitInput       = 2 // what the user wrote
	ExitEnvironment = 3 // what the user's machine or servers are
)

// Fault is an error for a person. It holds no value of any record (L7).
type Fault struct {
	Code string // "rules.unknown_operator"; never changes once released
	Path string // "policy.yaml:14: mask.elements.contact.email", or the object it is about
	Msg  string // what is wrong
	Hint string // what to type next
	Exit int    // exit code; 0 means ExitInput
	// Final says that no second try mends it: a run ends with it.
	Final bool
}

func (f *Fault) Error() string {
	var b strings.Builder
	if f.Path != "" {
		b.WriteString(f.Path)
		b.WriteString(": ")
	}
	b.WriteString(f.Msg)
	if f.Hint != "" {
		b.WriteString("\n  → ")
		b.WriteString(strings.ReplaceAll(f.Hint, "\n", "\n    "))
	}
	return b.String()
}

// Faults takes err apart, through every errors.Join, into its Faults. What is
// not a Fault becomes one with code "fault" and ExitFault.
func Faults(err error) []*Fault {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Fault
		for _, e := range j.Unwrap() {
			all = append(all, Faults(e)...)
		}
		return all
	}
	var f *Fault
	if errors.As(err, &f) {
		return []*Fault{f}
	}
	return []*Fault{{Code: "fault", Msg: err.Error(), Exit: ExitFault}}
}
