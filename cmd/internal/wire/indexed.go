package wire

import (
	"errors"

	"lethe/masking/subject"
	"lethe/stream"
)

// indexSubjects decides whether it is asked whom records are about: where lethe.yaml
// says so, and otherwise where persons have keys. Without them nobody could be
// forgotten in an index (L5), so that none is made then.
func (w *Workspace) indexSubjects() error {
	if w.folder.Index.Off || w.folder.Index.Written {
		w.indexed = !w.folder.Index.Off
		return nil
	}
	made, err := cover{folder: w.folder}.there()
	if err != nil {
		return err
	}
	w.indexed = !made
	for _, p := range w.programs {
		for _, s := range p.Streams {
			w.indexed = w.indexed || s.Plan.UnderSubjects()
		}
	}
	return nil
}

// commitments are those to persons as the index has them. Who has no key has the zero
// commitment: there is none to make (L5). Where there is no cover, or no lease on it,
// that is everybody.
func (w *Workspace) commitments(digests []subject.Digest) (out []stream.Commitment, erased int, err error) {
	out = make([]stream.Commitment, len(digests))
	if len(digests) == 0 {
		return nil, 0, nil
	}
	// Nothing is made to look something up in it.
	if made, err := (cover{folder: w.folder}).there(); made || err != nil {
		return out, 0, err
	}
	store, err := w.cover()
	if err != nil {
		return out, 0, err
	}
	keys := store.Subjects(period)
	var key subject.Key
	defer clear(key[:])
	for i := range digests {
		switch _, err := keys.Key(&digests[i], &key); {
		case errors.Is(err, subject.ErrErased):
			erased++
		case err != nil:
			return out, 0, err
		default:
			out[i] = subject.Commit(&key)
		}
	}
	return out, erased, nil
}
