package masking

import (
	"errors"
	"fmt"

	"lethe/masking/subject"
	"lethe/stream"
)

// masker replaces scalar values. What stands where there is no value is not its
// concern (see replacer). A masker has scratch space of its own: it is used by one
// goroutine at a time.
type masker interface {
	// mask appends the JSON value that replaces v to dst, or else leaves dst as it
	// is, and says what it did.
	mask(dst []byte, v datum) ([]byte, result)
	// fresh returns a masker of the same kind for another goroutine.
	fresh() masker
}

// datum is a scalar that a masker replaces.
type datum struct {
	text []byte // of a string, unescaped; a number or boolean as it is written
	kind kinds  // one kind; kindNull has no text
	row  *about
	// plain says that text, in quotes, is a string of JSON as it is.
	plain bool
}

// about is what a masker may know of the row that a value lies in.
type about struct {
	subjects subject.Subjects // nil where nothing is under a subject's key

	digest subject.Digest // whose data it is
	known  bool           // there is a subject, and every one is known
	other  subject.Digest // the second one
	both   bool           // there is a second one
	seq    stream.Seq     // the record's place in its source's order
	src    []byte         // the record's key or envelope, as it was read
	reals  reals          // what is in src, once somebody asks

	of      [2]subject.About // keys that were given last
	hashing *hashing         // where digests are asked for that may come later
	failed  error            // why the record cannot be masked now, though it may be later
}

// workshop is what an operator of a plan is built with.
type workshop struct {
	stream   string // the plan's
	epoch    string
	keys     Keyring
	subjects *subject.Subjects // those of the plan, once an operator asked for them
	checks   bool              // nothing is masked: there are no keys
}

// purpose names an operator's key for a field: of its element domain in this epoch. An
// epoch has no slash, so no two pairs of epoch and domain share a name. What has the
// subject mixed in is under a key of its own.
func (w workshop) purpose(operator string, f Field) string {
	if f.Apart {
		operator += "-apart"
	}
	return operator + "/" + w.epoch + "/" + f.Domain
}

// secret is the 32-byte key of that purpose.
func (w workshop) secret(operator string, f Field) (stream.Value, error) {
	if w.checks {
		return stream.NewValue(make([]byte, keySize)), nil // nothing is ever masked with it
	}
	name := w.purpose(operator, f)
	if w.keys == nil {
		return stream.Value{}, hinted{fmt.Errorf("key %s: there is no keyring", name), keyringHint}
	}
	secret, err := w.keys.EpochSecret(name)
	if err != nil {
		return stream.Value{}, hinted{fmt.Errorf("key %s: %w", name, err), keyringHint}
	}
	if len(secret) != keySize {
		return stream.Value{}, hinted{fmt.Errorf("key %s: %d bytes, want %d", name, len(secret), keySize), keyringHint}
	}
	return stream.NewValue(secret), nil
}

// openSubjects has the plan's rows have the keys of data subjects.
func (w workshop) openSubjects() error {
	if w.checks || *w.subjects != nil {
		return nil
	}
	keys, ok := w.keys.(SubjectKeyring)
	if !ok {
		return hinted{errors.New("the keyring has no keys of subjects"), "use a keyring that has them, such as file, or an operator that needs none, such as hmac"}
	}
	var err error
	if *w.subjects, err = keys.Subjects(); err != nil {
		return hinted{fmt.Errorf("keys of subjects: %w", err), keyringHint}
	}
	return nil
}

// sealer seals values under the keys of the rows' subjects.
func (w workshop) sealer() (*subject.Sealer, error) {
	if err := w.openSubjects(); err != nil {
		return nil, err
	}
	if w.checks {
		return nil, nil
	}
	s, err := subject.NewSealer(w.keys)
	if err != nil {
		return nil, hinted{err, keyringHint}
	}
	return s, nil
}

// hinted is why an operator cannot be built, and what to do about it.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

const keyringHint = "see with lethe keys what the keyring has; one that lost keys comes back from its backup"

// keySize is the length of every key, in bytes.
const keySize = 32
