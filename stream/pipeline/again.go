package pipeline

import (
	"bytes"
	"context"
	"crypto/hpke"
	"encoding/json"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
)

// Again masks raw records again that a mask stage has masked, and holds what comes of
// it against what that stage wrote: whether masking was right nobody can prove, and a
// sample that nobody could foresee can refute (L4). Raw records have to be there still:
// [Deletion.Window].
type Again struct {
	Base
	// Revision finds a policy revision by its id.
	Revision func(id string) (stream.Revision, error)
	// Written finds the output of an ingest receipt that a raw record is of.
	Written func(topic string, partition int32, offset int64) (stream.Out, bool)
	// Auditor opens session keys that were sealed to an auditor; nil takes the keyring's.
	Auditor hpke.PrivateKey
}

// Result of masking a record again.
type Result string

// Results. Anything but Same and Gone is a reason to ask.
const (
	Same      Result = "same"       // key, value and all are what the stage wrote, or it was refused for the same reason
	Different Result = "different"  // something else was written
	Missing   Result = "missing"    // no such record was written
	NotProven Result = "not_proven" // the records that lie there are not those of the receipts
	Gone      Result = "gone"       // raw or masked records are deleted: nothing can be said
)

// Masked is a part of a mask receipt.
type Masked struct {
	Policy string
	Part   stream.Part
}

// Check masks the records of a part again that are given by their numbers in it,
// counted from 0, and returns a result for each.
func (a *Again) Check(ctx context.Context, m Masked, numbers []int64) ([]Result, error) {
	results := slices.Repeat([]Result{Gone}, len(numbers))
	wanted, err := a.read(ctx, m, numbers)
	if err != nil {
		return nil, err
	}
	wrote, whole, err := a.wrote(ctx, m)
	if err != nil {
		return nil, err
	}
	for i := range numbers {
		r := wanted[i]
		if r == nil {
			continue
		}
		proven, err := a.proven(ctx, r)
		if err != nil {
			return nil, err
		}
		switch {
		case !proven:
			results[i] = NotProven
		default:
			if results[i], err = a.compare(m, r, wrote, whole); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// read gives the raw records of a part with these numbers; nil for those of a part
// that is not there whole.
func (a *Again) read(ctx context.Context, m Masked, numbers []int64) ([]*kgo.Record, error) {
	p := m.Part
	from, to, err := p.Offsets()
	if err != nil {
		return nil, err
	}
	found, n := make([]*kgo.Record, len(numbers)), int64(0)
	err = a.Cluster.ReadTo(ctx, p.Topic, p.Partition, from, to, func(r *kgo.Record) error {
		if header(r, stream.HeaderSession) == nil {
			return nil // a control record
		}
		if i := slices.Index(numbers, n); i >= 0 {
			found[i] = r
		}
		n++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n != int64(p.In) {
		clear(found) // deleted in part: the numbers are not those of the receipt
	}
	return found, nil
}

// lain is what lies where a receipt says that something was written.
type lain struct {
	quarantine bool
	key, value []byte
	unchanged  []byte
	reason     string
}

// wrote reads what the part wrote, by lethe-seq, tombstones apart; whole says for each
// topic whether what lies there gives the receipt's root.
func (a *Again) wrote(ctx context.Context, m Masked) (map[string]lain, map[string]Result, error) {
	all, whole := make(map[string]lain), make(map[string]Result)
	for _, o := range m.Part.Out {
		_, quarantine := a.Topics.QuarantineConnection(o.Topic)
		batch, err := a.Batch(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case quarantine: // several workers write there: what is of this part is looked for
			whole[o.Topic] = Same
		case int64(len(batch.Records)) < int64(o.N):
			whole[o.Topic] = Gone
		case batch.Root() != o.Root:
			whole[o.Topic] = NotProven
		default:
			whole[o.Topic] = Same
		}
		for _, r := range batch.Records {
			if r.Value == nil {
				continue
			}
			l := lain{quarantine: quarantine, key: r.Key, value: r.Value, unchanged: header(r, stream.HeaderUnchanged), reason: string(header(r, stream.HeaderReason))}
			all[o.Topic+" "+string(header(r, stream.HeaderSeq))] = l
		}
	}
	return all, whole, nil
}

// proven holds a raw record against the ingest receipt that it is of: the operator
// committed to its ciphertext before it was masked.
func (a *Again) proven(ctx context.Context, r *kgo.Record) (bool, error) {
	o, ok := a.Written(r.Topic, r.Partition, r.Offset)
	if !ok {
		return false, nil
	}
	batch, err := a.Batch(ctx, o)
	return batch.Root() == o.Root, err
}

// compare masks a raw record again.
func (a *Again) compare(m Masked, r *kgo.Record, wrote map[string]lain, whole map[string]Result) (Result, error) {
	var rec stream.Record
	if err := a.open(r, &rec); err != nil {
		if errors.Is(err, stream.ErrDestroyed) {
			return Gone, nil
		}
		if errors.Is(err, errCipher) {
			return a.refused(m, r, wrote), nil
		}
		return "", err
	}
	rev, err := a.Revision(m.Policy)
	if err != nil {
		return "", err
	}
	route, ok := rev.Route(rec.Stream)
	if !ok || rec.Undecided || rec.Kind == stream.KindOversize {
		return a.refused(m, r, wrote), nil
	}
	if route.Topic == "" {
		if m.Part.Filtered > 0 {
			return Same, nil
		}
		return Different, nil
	}
	masker, err := route.NewProcessor()
	if err != nil {
		return "", err
	}
	var out stream.Masked
	if rec.Key != nil {
		out.Key = []byte{}
	}
	var no *stream.Rejection
	if err := masker.Process(&rec, &out); errors.As(err, &no) {
		return a.refused(m, r, wrote), nil
	} else if err != nil {
		return "", err
	}
	masker.Finish()
	l, ok := wrote[route.Topic+" "+string(header(r, stream.HeaderSeq))]
	var unchanged []byte
	if len(out.Unchanged) > 0 {
		if unchanged, err = json.Marshal(out.Unchanged); err != nil {
			return "", err
		}
	}
	switch {
	case !ok && whole[route.Topic] == Gone:
		return Gone, nil
	case !ok && a.refused(m, r, wrote) == Same:
		return Same, nil // parked behind another record of its key
	case !ok:
		return Missing, nil
	case whole[route.Topic] == NotProven:
		return NotProven, nil
	case !bytes.Equal(l.key, out.Key) || !bytes.Equal(l.value, out.Value) || !bytes.Equal(l.unchanged, unchanged):
		return Different, nil
	}
	return Same, nil
}

// refused looks for a record in quarantine.
func (a *Again) refused(m Masked, r *kgo.Record, wrote map[string]lain) Result {
	for _, o := range m.Part.Out {
		if l, ok := wrote[o.Topic+" "+string(header(r, stream.HeaderSeq))]; ok && l.quarantine && bytes.Equal(l.key, r.Key) {
			return Same
		}
	}
	return Missing
}

// open decrypts a raw record.
func (a *Again) open(r *kgo.Record, rec *stream.Record) error {
	keyring := a.Keyring
	if a.Auditor != nil {
		key, err := openForAuditor(a.Auditor, header(r, stream.HeaderAuditor))
		if err != nil {
			return err
		}
		keyring = sessionKey{keyring, key}
	}
	d, err := newDecrypter(keyring, 2*a.Cluster.Largest())
	if err != nil {
		return err
	}
	defer d.unzip.Close()
	_, err = d.decrypt(nil, outsideOf(r), header(r, stream.HeaderSession), r.Value, rec)
	return err
}

// sessionKey is a keyring that opens one session.
type sessionKey struct {
	stream.Keyring
	key []byte
}

// Unwrap implements stream.Keyring.
func (s sessionKey) Unwrap(string, []byte) ([]byte, error) { return s.key, nil }

// Held reports from which offset on a raw partition still has its records.
func (a *Again) Held(ctx context.Context, topics ...string) (map[string]map[int32]int64, error) {
	cl, err := a.Cluster.Client()
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	return kafka.Starts(ctx, cl, topics...)
}
