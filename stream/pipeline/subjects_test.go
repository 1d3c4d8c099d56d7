package pipeline_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/pipeline"
)

func TestL4ReceiptsNameWhomTheirRecordsAreAbout(t *testing.T) { onBoth(t, concerned) }

func concerned(t *testing.T, r *rig) {
	const changes = 60
	for i := range changes {
		r.source.add(fmt.Sprint("person ", i%20), "v")
	}
	r.source.add("refused", "refuse")
	stop := r.run(t)
	r.wait(t, changes)
	stop()
	named := make(map[stream.Hash]bool)
	ranges := make(map[string]stream.Part)
	for _, b := range r.receipts(t) {
		if (b.Subjects != nil) != (b.Stage == stream.StageMask && delivers(b)) {
			t.Errorf("a receipt of %s with %v names subjects: %v", b.Stage, b.Streams, b.Subjects)
		}
		if b.Subjects != nil {
			named[*b.Subjects] = true
		}
		if b.Stage == stream.StageMask {
			for _, p := range b.Parts {
				ranges[fmt.Sprintf("%s/%d/%s", p.Topic, p.Partition, p.From)] = p
			}
		}
	}
	about := make(map[stream.Commitment]stream.Int64)
	for h, all := range r.indexes(t) {
		if !named[h] {
			t.Errorf("no receipt names the index %s", h)
		}
		delete(named, h)
		for _, c := range all {
			if _, ok := ranges[fmt.Sprintf("%s/%d/%d", c.Topic, c.Partition, c.From)]; !ok || c.Stream != person || c.Nobody != 0 {
				t.Errorf("no part of a receipt is that of %+v", c)
			}
			for _, p := range c.Persons {
				about[p.Commitment] += p.Records
			}
		}
	}
	if len(named) > 0 || len(about) != 20 {
		t.Errorf("%d indexes are named and not there; %d persons", len(named), len(about))
	}
	for i := range 20 {
		if n := about[commitTo(fmt.Appendf(nil, `{"id":"person %d"}`, i))]; n != changes/20 {
			t.Errorf("person %d: %d records", i, n)
		}
	}
}

func delivers(r stream.Receipt) bool {
	for _, s := range r.Streams {
		if s.Delivered > 0 {
			return true
		}
	}
	return false
}

// indexes are those of the topic subjects; it holds nothing readable.
func (r *rig) indexes(t *testing.T) map[stream.Hash][]stream.Concerned {
	t.Helper()
	whole, err := pipeline.NewConcerned(r.base.Keyring)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[stream.Hash][]stream.Concerned)
	err = r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Subjects(), 0, 0, func(rec *kgo.Record) error {
		if strings.Contains(string(rec.Value), person) {
			t.Error("the index is readable")
		}
		if h, all := whole.Take(rec.Key, rec.Value); all != nil {
			out[h] = all
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnIndexInPiecesIsTakenWholeOrNotAtAll(t *testing.T) {
	keys := &keyring{keys: map[string][]byte{}, gone: map[string]bool{}}
	seal, err := pipeline.NewSeal(keys, "subjects")
	if err != nil {
		t.Fatal(err)
	}
	other, err := pipeline.NewSeal(keys, "openings")
	if err != nil {
		t.Fatal(err)
	}
	in := []stream.Concerned{{Stream: person, Topic: "raw", From: 7, Records: 5, Persons: []stream.Person{{Commitment: commitTo([]byte("a")), Records: 5}}}}
	b := stream.AppendConcerned(nil, in)
	third := len(b) / 3
	pieces := [][]byte{b[:third], b[third : 2*third], b[2*third:]}
	key := func(h stream.Hash, i, n int) []byte { return fmt.Appendf(nil, "%s/%d/%d", h, i, n) }
	h := stream.Hash(sha256.Sum256(b))
	whole, err := pipeline.NewConcerned(keys)
	if err != nil {
		t.Fatal(err)
	}
	none := func(what string, key, value []byte) {
		t.Helper()
		if _, all := whole.Take(key, value); all != nil {
			t.Errorf("%s is taken for an index", what)
		}
	}
	none("the last piece alone", key(h, 2, 3), seal.Seal(pieces[2]))
	none("a piece that another key sealed", key(h, 1, 3), other.Seal(pieces[1]))
	none("a piece beyond the last", key(h, 3, 3), seal.Seal(pieces[1]))
	none("no name of a piece", []byte("x/0/1"), seal.Seal(b))
	none("what is not its hash", key(stream.Hash{1}, 0, 1), seal.Seal(b))
	none("the first two", key(h, 0, 3), seal.Seal(pieces[0]))
	got, all := whole.Take(key(h, 1, 3), seal.Seal(pieces[1]))
	if got != h || len(all) != 1 || all[0].Records != 5 || all[0].Persons[0] != in[0].Persons[0] {
		t.Errorf("read %+v", all)
	}
}
