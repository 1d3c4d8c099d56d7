package masking

import (
	"errors"
	"fmt"
	"testing"

	"lethe/masking/subject"
	"lethe/stream"
)

// indexed is a stream whose rows are about a customer, and some about a sponsor.
func indexed() Plan {
	plan := apart()
	plan.Subject.Also, plan.Subject.AlsoDomain = "sponsor", "id.internal"
	plan.Fields = append(plan.Fields[:2:2], Field{Path: "sponsor", Operator: "drop", Type: stream.Type{Base: stream.String}, Nullable: true})
	return plan
}

func mustIndex(t testing.TB, plan Plan, keys *subjectKeys) *Rewriter {
	t.Helper()
	w, err := CompileIndexed(plan, keys)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// who is whom the records since the last call are about, by commitment.
func who(t *testing.T, w *Rewriter) (map[stream.Commitment]stream.Int64, stream.Int64) {
	t.Helper()
	var c stream.Concerned
	if err := w.Subjects(&c); err != nil {
		t.Fatal(err)
	}
	if c.Records < c.Nobody {
		t.Errorf("%d records, %d of nobody", c.Records, c.Nobody)
	}
	all := make(map[stream.Commitment]stream.Int64)
	for _, p := range c.Persons {
		all[p.Commitment] += p.Records
	}
	if len(all) != len(c.Persons) {
		t.Error("a person stands there twice")
	}
	return all, c.Nobody
}

// commitmentTo computes a commitment another way.
func commitmentTo(t *testing.T, keys *subjectKeys, id string) (stream.Commitment, subject.Digest) {
	t.Helper()
	i, err := NewIdentifier(indexed(), "customer", keys)
	if err != nil {
		t.Fatal(err)
	}
	digest, why := i.Digest([]byte(id))
	if why != "" {
		t.Fatal(why)
	}
	var key subject.Key
	if _, err := keys.Key(&digest, &key); err != nil {
		t.Fatal(err)
	}
	return subject.Commit(&key), digest
}

func TestTheIndexTellsWhomDeliveredRecordsAreAbout(t *testing.T) {
	keys := &subjectKeys{}
	w := mustIndex(t, indexed(), keys)
	records := []string{
		`{"before":null,"after":{"id":1,"customer":"Ann","sponsor":null},"op":"c"}`,
		`{"before":{"id":1,"customer":"ann","sponsor":null},"after":{"id":1,"customer":" \u0041NN","sponsor":"bo"},"op":"u"}`,
		`{"before":{"id":1,"customer":"ann"},"after":{"id":1,"customer":"cy","sponsor":"ann"},"op":"u"}`,
		`{"before":null,"after":{"id":1,"customer":null,"sponsor":null},"op":"c"}`,
		`{"before":null,"after":{"id":1,"customer":{"a":"ann"},"sponsor":null},"op":"c"}`, // refused
		`{"before":null,"after":{"id":"x","customer":"dee","sponsor":null},"op":"c"}`,     // refused
	}
	var out stream.Masked
	refused := 0
	for _, value := range records {
		var no *stream.Rejection
		if err := process(w, &stream.Record{Stream: "s", Key: []byte(`{"id":1}`), Value: []byte(value)}, &out); errors.As(err, &no) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	all, nobody := who(t, w)
	if refused != 2 || nobody != 1 || len(all) != 3 {
		t.Errorf("%d refused, %d of nobody, %d persons", refused, nobody, len(all))
	}
	for id, want := range map[string]stream.Int64{"ann": 3, "bo": 1, "cy": 1} {
		if c, _ := commitmentTo(t, keys, id); all[c] != want {
			t.Errorf("%s: %d records, want %d", id, all[c], want)
		}
	}
	if all, nobody = who(t, w); len(all) != 0 || nobody != 0 {
		t.Error("it does not begin anew")
	}
	if other, _ := who(t, w.Clone()); len(other) != 0 {
		t.Error("a clone has what is not its own")
	}
}

func TestL5AnErasedPersonIsNobodyInTheIndex(t *testing.T) {
	keys := &subjectKeys{}
	_, digest := commitmentTo(t, keys, "ann")
	keys.erased = map[subject.Digest]bool{digest: true}
	w := mustIndex(t, indexed(), keys)
	for _, id := range []string{"ann", "bo", "ann"} {
		if _, no := row(t, w, `{"id":1,"customer":"`+id+`","sponsor":null}`); no != nil {
			t.Fatal(no)
		}
	}
	if all, nobody := who(t, w); len(all) != 1 || nobody != 2 {
		t.Errorf("%d persons, %d records of nobody", len(all), nobody)
	}
	keys.fault = errors.New("no lease")
	row(t, w, `{"id":1,"customer":"cy","sponsor":null}`)
	if err := w.Subjects(&stream.Concerned{}); !errors.Is(err, keys.fault) {
		t.Errorf("without keys the index says %v", err)
	}
}

func TestWithoutAnIndexOrASubjectNobodyIsTold(t *testing.T) {
	nobody := indexed()
	nobody.Subject = Subject{}
	plain, err := Compile(indexed(), &subjectKeys{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*Rewriter{plain, mustIndex(t, nobody, &subjectKeys{})} {
		row(t, w, `{"id":1,"customer":"ann","sponsor":null}`)
		if all, n := who(t, w); len(all) != 0 || n != 0 {
			t.Errorf("%d persons, %d records", len(all), n)
		}
	}
	if _, err := CompileIndexed(indexed(), hashKeys{}); err == nil {
		t.Error("an index without persons' keys is made: nobody could be forgotten in it")
	}
}

func TestTheIndexAllocatesNothingInTheSteadyState(t *testing.T) {
	w := mustIndex(t, indexed(), &subjectKeys{})
	records := make([]*stream.Record, 512)
	for i := range records {
		records[i] = &stream.Record{Stream: "s", Key: []byte(`{"id":1}`), Value: fmt.Appendf(nil, `{"before":null,"after":{"id":1,"customer":"c%d","sponsor":"s%d"},"op":"c"}`, i, i%7)}
	}
	outs := make([]stream.Masked, len(records))
	var c stream.Concerned
	mask := func() {
		for i, r := range records {
			if err := w.Process(r, &outs[i]); err != nil {
				t.Fatal(err)
			}
		}
		w.Finish()
		w.Counts(func(stream.FieldCount, int64) {})
		c.Persons = c.Persons[:0]
		if err := w.Subjects(&c); err != nil || len(c.Persons) != 512+7 {
			t.Fatal(err, len(c.Persons))
		}
	}
	mask()
	if n := testing.AllocsPerRun(10, mask); n != 0 {
		t.Errorf("%v allocations for %d records", n, len(records))
	}
}

func BenchmarkIndex(b *testing.B) {
	plan := busy()
	plan.Subject = Subject{Column: "id", Domain: "id.internal"}
	for _, persons := range []int{16, 16384} {
		for _, indexed := range []bool{false, true} {
			b.Run(fmt.Sprintf("persons=%d/indexed=%v", persons, indexed), func(b *testing.B) {
				w, err := compiled(plan, &subjectKeys{}, indexed)
				if err != nil {
					b.Fatal(err)
				}
				records := make([]*stream.Record, persons)
				for i := range records {
					records[i] = busyRecord(i)
				}
				outs := make([]stream.Masked, 64)
				var c stream.Concerned
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if err := w.Process(records[i%len(records)], &outs[i%len(outs)]); err != nil {
						b.Fatal(err)
					}
					if i%len(outs) == len(outs)-1 {
						w.Finish()
					}
					if i%16384 == 16383 {
						c.Persons = c.Persons[:0]
						w.Subjects(&c)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}
