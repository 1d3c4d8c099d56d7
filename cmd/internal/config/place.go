package config

import (
	"errors"
	"strings"

	"lethe/stream"
)

// Placed gives the faults of connectors, which know no more than the names of
// their options, the line of lethe.yaml. What is no fault stays as it is.
func (f *Folder) Placed(err error) error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range j.Unwrap() {
			all = append(all, f.Placed(e))
		}
		return errors.Join(all...)
	}
	var fault *stream.Fault
	if !errors.As(err, &fault) || !strings.HasPrefix(fault.Path, "sources.") && !strings.HasPrefix(fault.Path, "sinks.") {
		return err
	}
	placed := *fault
	placed.Path = f.Doc.Where(fault.Path)
	return &placed
}
