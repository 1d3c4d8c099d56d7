package wire

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules"
	"lethe/stream"
)

// inForcePath is the file that names the revision under which a connection last
// ran.
func (w *Workspace) inForcePath(connection string) string {
	return filepath.Join(w.folder.State, "revisions", connection+".inforce")
}

// checkChanges refuses policies that cannot take effect in place. A changed key
// or label would split a stream's rows between two topics or two keys: that
// needs all rows again, under a new generation of the masked topic.
func (w *Workspace) checkChanges() error {
	var errs []error
	for _, c := range w.folder.Connections {
		id, err := os.ReadFile(w.inForcePath(c.Name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		now := w.programs[c.Name]
		if string(id) == now.Revision {
			continue
		}
		w.log.Info("policy changed: rows that are in the sink keep their masks", "connection", c.Name, "from", short(string(id)), "to", short(now.Revision))
		before, err := w.kept(string(id))
		if err != nil {
			return err
		}
		for _, s := range now.Streams {
			if old, ok := before.Stream(s.Name); ok {
				errs = append(errs, changed(c.Name, c.Policy, *old, s))
			}
		}
	}
	return errors.Join(errs...)
}

func short(revision string) string { return revision[:min(12, len(revision))] }

// changed says what of a stream cannot change in place; nil if nothing did.
func changed(connection, policy string, old, now rules.Stream) error {
	what := ""
	switch {
	case old.Class != now.Class:
		what = "its class from " + string(old.Class) + " to " + string(now.Class)
	case old.Label != now.Label:
		what = "its label from " + string(old.Label) + " to " + string(now.Label)
	case !slices.Equal(old.Plan.Key, now.Plan.Key) || !reflect.DeepEqual(keyFields(old.Plan), keyFields(now.Plan)):
		what = "how its key " + strings.Join(now.Plan.Key, ", ") + " is masked"
	default:
		return nil
	}
	return &stream.Fault{Code: "run.new_generation", Path: filepath.Base(policy) + ": " + now.Name,
		Msg:  "the policy changes " + what + ": rows before and after would not be one table",
		Hint: "name source and connection anew in lethe.yaml (such as " + connection + "-2): all rows are read again under the new policy"}
}

// keyFields are the decisions about the columns of the key.
func keyFields(p masking.Plan) []masking.Field {
	var out []masking.Field
	for _, f := range p.Fields {
		if slices.Contains(p.Key, f.Path) {
			out = append(out, f)
		}
	}
	return out
}
