package pipeline_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"lethe/stream"
	"lethe/stream/pipeline"
)

// liar is a policy under which records of which one says so come out otherwise.
type liar struct{ revision }

func (l liar) Route(string) (stream.Route, bool) {
	return stream.Route{Topic: l.topic, NewProcessor: func() (stream.Processor, error) { return &lying{}, nil }}, true
}

type lying struct{ processor }

func (l *lying) Process(r *stream.Record, out *stream.Masked) error {
	err := l.processor.Process(r, out)
	if bytes.Contains(r.Value, []byte("lie")) {
		out.Value = append(out.Value[:0], `{"v":"nothing of the kind"}`...)
		l.unfinished = nil
	}
	return err
}

func TestL4MaskingRecordsAgainFindsThoseThatWereMaskedOtherwise(t *testing.T) { onBoth(t, again) }

func again(t *testing.T, r *rig) {
	secret, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if r.auditor, err = pipeline.AuditorKey(secret.PublicKey().Bytes()); err != nil {
		t.Fatal(err)
	}
	r.window = time.Hour
	for i := range 40 {
		r.source.add(fmt.Sprint("k", i), "v")
	}
	r.source.add("k7", "a lie")
	r.source.add("bad", "refuse")
	r.source.add("bad", "parked")
	stop := r.run(t)
	r.wait(t, 41)
	stop()

	key, err := pipeline.AuditorSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	ingested := r.outs(t)
	a := &pipeline.Again{Base: r.base, Auditor: key,
		Revision: func(id string) (stream.Revision, error) { return liar{revision{id: id, topic: r.masked()}}, nil },
		Written: func(topic string, partition int32, offset int64) (stream.Out, bool) {
			for _, o := range ingested {
				if o.Topic == topic && o.Partition == partition && int64(o.First) <= offset && offset <= int64(o.Last) {
					return o, true
				}
			}
			return stream.Out{}, false
		}}
	if got, want := fmt.Sprint(r.checkAgain(t, a)), "map[different:1 same:42]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Raw records that are not those that were committed to.
	for i := range ingested {
		ingested[i].Root[0] ^= 1
	}
	if got, want := fmt.Sprint(r.checkAgain(t, a)), "map[not_proven:43]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Another auditor can open none.
	other, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if a.Auditor, err = pipeline.AuditorSecret(other); err != nil {
		t.Fatal(err)
	}
	for i := range ingested {
		ingested[i].Root[0] ^= 1
	}
	for _, m := range r.parts(t) {
		if _, err := a.Check(t.Context(), m, []int64{0}); err == nil {
			t.Fatal("another auditor could open a record")
		}
	}
}

// outs are what ingest receipts say was written.
func (r *rig) outs(t *testing.T) (all []stream.Out) {
	t.Helper()
	for _, b := range r.receipts(t) {
		for _, p := range b.Parts {
			if b.Stage == stream.StageIngest {
				all = append(all, p.Out...)
			}
		}
	}
	return all
}

// parts are those of mask receipts that tell of records.
func (r *rig) parts(t *testing.T) (all []pipeline.Masked) {
	t.Helper()
	for _, b := range r.receipts(t) {
		for _, p := range b.Parts {
			if b.Stage == stream.StageMask && p.In > 0 {
				all = append(all, pipeline.Masked{Policy: b.Policy, Part: p})
			}
		}
	}
	return all
}

// checkAgain masks every record again and counts the results.
func (r *rig) checkAgain(t *testing.T, a *pipeline.Again) map[pipeline.Result]int {
	t.Helper()
	counts := make(map[pipeline.Result]int)
	for _, m := range r.parts(t) {
		numbers := make([]int64, m.Part.In)
		for i := range numbers {
			numbers[i] = int64(i)
		}
		results, err := a.Check(t.Context(), m, numbers)
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range results {
			counts[result]++
		}
	}
	return counts
}
