package masking

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"lethe/stream"
)

func TestQualityCountsNullsAndEmptyValuesOfDeliveredRows(t *testing.T) {
	w := mustCompile(t, nested())
	for value, refused := range map[string]bool{
		`{"id":1,"doc":null,"tags":[]}`: false,
		`{"id":1,"doc":{"secret":"","items":[{"name":"x","more":null}]},"tags":[""],"red":null}`: false,
		`{"id":1,"doc":{ },"special":null,"tags":[ ],"kept":10,"box":-1}`:                        false,
		`{"id":1,"doc":null,"part":"x"}`:                                                         true,
	} {
		if _, rej := row(t, w, value); (rej != nil) != refused {
			t.Fatalf("%s: %v", value, rej)
		}
	}
	var out stream.Masked
	if err := w.Process(&stream.Record{Value: []byte(`{"before":{"id":1,"doc":null},"after":{"id":1},"op":"u"}`), Time: 7}, &out); err != nil {
		t.Fatal(err)
	}
	var q, again stream.Quality
	w.Quality(&q)
	want := stream.Quality{Rows: 4, Nulls: map[string]stream.Int64{"doc": 1, "doc.items[].more": 1, "red": 1},
		Empties: map[string]stream.Int64{"doc": 1, "doc.secret": 1, "tags": 2}, Keys: stream.KeyCount{Inserts: 3}, Newest: 7}
	if !reflect.DeepEqual(q, want) {
		t.Errorf("%+v, want %+v", q, want)
	}
	if w.Quality(&again); !reflect.DeepEqual(again, stream.Quality{}) {
		t.Errorf("told twice: %+v", again)
	}
}

func TestL7NothingIsCountedOfFieldsOfClassSpecial(t *testing.T) {
	plan := customers()
	plan.Fields[3].Special = true
	w := mustCompile(t, plan)
	if _, rej := row(t, w, `{"id":1,"status":"","bio":null,"email":null}`); rej != nil {
		t.Fatal(rej)
	}
	var q stream.Quality
	w.Quality(&q)
	want := stream.Quality{Rows: 1, Nulls: map[string]stream.Int64{"email": 1}, Empties: map[string]stream.Int64{"status": 1}, Keys: stream.KeyCount{Inserts: 1}}
	if !reflect.DeepEqual(q, want) {
		t.Errorf("%+v, want %+v", q, want)
	}
}

// change is a record with op and key, at a place of the source's order.
func (k *watch) change(op byte, key int, at uint64) int64 {
	seq := stream.NewSeq(0, at, 0)
	name := fmt.Appendf(nil, `{"id":"%016x"}`, uint64(key)*0x9e3779b97f4a7c15)
	if op == 'd' {
		k.forget(name, &seq)
		return 0
	}
	return k.see(name, op, &seq)
}

func TestAKeyThatComesAgainIsARepeatUnlessItWasDeleted(t *testing.T) {
	w := newWatch()
	for i, step := range []struct {
		op   byte
		key  int
		at   uint64
		want int64
	}{
		{'c', 1, 1, 0}, {'c', 2, 2, 0}, {'c', 1, 3, 1}, {'c', 1, 3, 1}, // an aborted transaction is told again, and forgotten by who aborts
		{'c', 1, 1, 0}, {'d', 1, 4, 0}, {'c', 1, 5, 0}, {'d', 1, 4, 0}, {'c', 1, 6, 1}, {'r', 1, 7, 0}, {'r', 1, 8, 1}, {'d', 9, 9, 0},
	} {
		if got := w.change(step.op, step.key, step.at); got != step.want {
			t.Errorf("step %d: %d, want %d", i, got, step.want)
		}
	}
}

func TestRepeatsAreEstimatedWithinTheStatedError(t *testing.T) {
	for _, share := range []float64{0, 0.01, 0.2} {
		w := newWatch()
		rnd := rand.New(rand.NewPCG(1, uint64(share*100)))
		const keys = 200000
		at, repeats, estimate := uint64(0), 0, int64(0)
		for k := range keys {
			at++
			estimate += w.change('c', k, at)
			if rnd.Float64() < share {
				at++
				repeats++
				estimate += w.change('c', k, at)
			}
		}
		if diff, bound := math.Abs(float64(estimate)-float64(repeats))/keys, 4*math.Sqrt(share/512); diff > bound {
			t.Errorf("%d of %d come again, estimated %d: off by %.4f, bound %.4f", repeats, keys, estimate, diff, bound)
		}
		if len(w.slots) > mostSlots || w.used > mostSlots/2 {
			t.Errorf("%d of %d slots", w.used, len(w.slots))
		}
	}
}
