package sinktest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"lethe/stream"
)

func testLoad(t *testing.T, h Harness) {
	s := h.open(t)
	first, second := changes(0, 0, 500), changes(0, 500, 900)
	for _, b := range []stream.Rows{first, second} {
		l := load(t, s, b)
		if got, want := int(l.Rows), len(b.List); got != want {
			t.Errorf("%d rows were loaded of %d records", got, want)
		}
		if l.Topic != b.Range.Topic || l.Partition != b.Range.Partition || int64(l.From) != b.Range.From || int64(l.To) != b.Range.To {
			t.Errorf("loaded %s/%d[%d,%d), want %s", l.Topic, l.Partition, l.From, l.To, b.Range)
		}
		publish(t, s, l)
	}
	h.want(t, first, second)
}

func testAgain(t *testing.T, h Harness) {
	s := h.open(t)
	b := changes(0, 0, 100)
	first := load(t, s, b)
	if again := load(t, s, b); !reflect.DeepEqual(again, first) {
		t.Errorf("loaded again: %+v, at first %+v", again, first)
	}
	publish(t, s, first)
	if again := load(t, s, b); !reflect.DeepEqual(again, first) {
		t.Errorf("loaded again after publishing: %+v, at first %+v", again, first)
	}
	publish(t, s, first)
	h.want(t, b)
}

func testHandover(t *testing.T, h Harness) {
	dead := h.open(t)
	committed, left := changes(0, 0, 50), changes(0, 50, 120)
	publish(t, dead, load(t, dead, committed))
	first := load(t, dead, left)
	dead.Close()

	s := h.open(t)
	to, err := s.Position(context.Background(), stream.Range{Topic: Topic, From: 50})
	if err != nil {
		t.Fatal(err)
	}
	if to != left.Range.To {
		t.Fatalf("position %d, the dead owner loaded up to %d", to, left.Range.To)
	}
	again := load(t, s, left)
	if !reflect.DeepEqual(again, first) {
		t.Errorf("the new owner loaded %+v, the dead one %+v", again, first)
	}
	publish(t, s, again)
	next := changes(0, 120, 130)
	publish(t, s, load(t, s, next))
	h.want(t, committed, left, next)
}

func testPublishLater(t *testing.T, h Harness) {
	dead := h.open(t)
	b := changes(0, 0, 50)
	l := load(t, dead, b)
	dead.Close()
	if rows := h.rows(t); h.Traits.Publishes && len(rows) > 0 {
		t.Errorf("readers see %d rows that were never committed", len(rows))
	}
	s := h.open(t)
	publish(t, s, l)
	publish(t, s, l)
	h.want(t, b)
}

func testConflict(t *testing.T, h Harness) {
	zombie, owner := h.open(t), h.open(t)
	b := changes(0, 0, 50)
	publish(t, owner, load(t, owner, b))
	next := changes(0, 50, 60)
	publish(t, owner, load(t, owner, next))
	if _, err := zombie.Load(context.Background(), changes(0, 0, 40)); !errors.Is(err, stream.ErrConflict) {
		t.Errorf("another range from the same place: %v, want an error wrapping ErrConflict", err)
	}
	h.want(t, b, next)
}

func testCancel(t *testing.T, h Harness) {
	s := h.open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b := changes(0, 0, 5000)
	if _, err := s.Load(ctx, b); err == nil {
		t.Error("a load whose context has ended returned no error")
	}
	s.Close()
	s = h.open(t)
	publish(t, s, load(t, s, b))
	h.want(t, b)
}

func testPartitions(t *testing.T, h Harness) {
	s := h.open(t)
	const partitions, loads = 8, 5
	var all []stream.Rows
	for p := range int32(partitions) {
		for n := range int64(loads) {
			all = append(all, changes(p, n*40, n*40+40))
		}
	}
	var wg sync.WaitGroup
	for p := range partitions {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for _, b := range all[p*loads : (p+1)*loads] {
				l, err := s.Load(context.Background(), b)
				if err == nil {
					err = s.Publish(context.Background(), l)
				}
				if err != nil {
					t.Errorf("load %s: %v", b.Range, err)
				}
			}
		}()
	}
	wg.Wait()
	h.want(t, all...)
}

func testSame(t *testing.T, h Harness) {
	b := changes(3, 7, 900)
	l := load(t, h.open(t), b)
	// Another process, after other work: what an encoder remembers of that must
	// not show.
	s := h.open(t)
	load(t, s, changes(4, 0, 1200))
	if again := load(t, s, b); !reflect.DeepEqual(again, l) {
		t.Errorf("the second time %+v, at first %+v", again, l)
	}
}

func testErrors(t *testing.T, h Harness) {
	const canary = "canary-5521"
	for name, value := range map[string]string{
		"a value of another type": `{"before":null,"after":{"id":"` + canary + `","name":"x"},"op":"c"}`,
		"a value out of range":    `{"before":null,"after":{"id":98765432109876543210987,"name":"` + canary + `"},"op":"c"}`,
		"a broken document":       `{"before":null,"after":{"id":1,"name":"` + canary,
		"no envelope":             `"` + canary + `"`,
	} {
		b := changes(0, 0, 3)
		b.List[1].Value = []byte(value)
		_, err := h.open(t).Load(context.Background(), b)
		if err == nil {
			t.Errorf("%s was loaded", name)
		} else if s := err.Error(); strings.Contains(s, canary) || strings.Contains(s, "98765432109876543210987") {
			t.Errorf("the error about %s holds a value", name)
		}
	}
	if rows := h.rows(t); len(rows) > 0 {
		t.Errorf("readers see %d rows of loads that failed", len(rows))
	}
}

func testOps(t *testing.T, h Harness) {
	s := h.open(t)
	b := Rows(0, 10,
		Change{ID: 1, Name: "a", Op: "r"},
		Change{ID: 2, Name: "b", Op: "c"},
		Change{ID: 2, Name: "ข้อมูล \"\\\n", Op: "u"},
		Change{ID: 1, Op: "d"},
		Change{ID: 3, Name: "kept", Op: "c", Keyless: true},
	)
	l := load(t, s, b)
	if l.Deletes != 1 || l.Truncates != 0 {
		t.Errorf("loaded %d deletes and %d truncates, want 1 and 0", l.Deletes, l.Truncates)
	}
	publish(t, s, l)
	h.want(t, b)
	if !h.Traits.Every {
		return
	}
	truncate := Rows(0, 15, Change{Op: "t"})
	l = load(t, s, truncate)
	if l.Deletes != 0 || l.Truncates != 1 {
		t.Errorf("loaded %d deletes and %d truncates, want 0 and 1", l.Deletes, l.Truncates)
	}
	publish(t, s, l)
	h.want(t, b, truncate)
}

func testGaps(t *testing.T, h Harness) {
	s := h.open(t)
	b := changes(0, 100, 140)
	kept := b.List[:0]
	for _, r := range b.List {
		if r.Offset%3 != 0 {
			kept = append(kept, r)
		}
	}
	b.List = kept
	b.Range.To = 145 // markers and tombstones at the end
	with := b
	tomb := kept[0]
	tomb.Offset, tomb.Value = 144, nil
	with.List = append(append([]stream.Row{}, kept...), tomb)
	l := load(t, s, with)
	if int(l.Rows) != len(kept) {
		t.Errorf("%d rows of %d records", l.Rows, len(kept))
	}
	publish(t, s, l)
	h.want(t, b)
}

func testEmpty(t *testing.T, h Harness) {
	s := h.open(t)
	b := changes(0, 0, 5)
	b.List = nil
	l := load(t, s, b)
	if l.Rows != 0 {
		t.Errorf("%d rows of no records", l.Rows)
	}
	publish(t, s, l)
	next := changes(0, 5, 9)
	publish(t, s, load(t, s, next))
	h.want(t, next)
}

func testNothing(t *testing.T, h Harness) {
	s := h.open(t)
	publish(t, s, load(t, s, changes(1, 0, 10)))
	publish(t, s, load(t, s, changes(11, 7, 10)))
	for _, r := range []stream.Range{{Topic: Topic, Partition: 1, From: 10}, {Topic: Topic, Partition: 2}, {Topic: Topic, Partition: 1, From: 7}} {
		to, err := s.Position(context.Background(), r)
		if err != nil || to != r.From {
			t.Errorf("position of %s: %d, %v", r, to, err)
		}
	}
}

func testReuse(t *testing.T, h Harness) {
	s := h.open(t)
	b, same := changes(0, 0, 200), changes(0, 0, 200)
	l := load(t, s, b)
	for _, r := range b.List {
		copy(r.Key, bytes.Repeat([]byte("#"), len(r.Key)))
		copy(r.Value, bytes.Repeat([]byte("#"), len(r.Value)))
	}
	publish(t, s, l)
	h.want(t, same)
}
