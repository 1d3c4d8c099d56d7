package sourcetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/stream"
)

// patience is how long the suite waits for records before it calls them lost.
const patience = 30 * time.Second

// reading is a Read that runs beside the test. What it was given is copied, and
// the originals are overwritten: a source may reuse them, so nobody may rely on
// them.
type reading struct {
	t      *testing.T
	h      Harness
	src    stream.Source
	cancel context.CancelFunc
	ended  chan error

	mu      sync.Mutex
	batches []stream.Batch
	faults  []string
	last    stream.Seq
	shapes  map[string]stream.Schema
	delay   time.Duration
}

// read opens a source and reads from p until stop.
func read(t *testing.T, h Harness, p stream.Position) *reading {
	t.Helper()
	return readSlowly(t, h, p, 0)
}

func readSlowly(t *testing.T, h Harness, p stream.Position, delay time.Duration) *reading {
	t.Helper()
	src, err := h.Open()
	if err != nil {
		t.Fatalf("open source: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &reading{t: t, h: h, src: src, cancel: cancel, ended: make(chan error, 1),
		shapes: map[string]stream.Schema{}, delay: delay}
	go func() { r.ended <- src.Read(ctx, p, r.emit) }()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *reading) emit(b stream.Batch) error {
	time.Sleep(r.delay)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.check(b)
	c := b
	c.Records = make([]stream.Record, len(b.Records))
	for i, rec := range b.Records {
		c.Records[i] = rec
		c.Records[i].Key = bytes.Clone(rec.Key)
		c.Records[i].Value = bytes.Clone(rec.Value)
		c.Records[i].Unchanged = slices.Clone(rec.Unchanged)
		overwrite(rec.Key)
		overwrite(rec.Value)
	}
	c.Position.State = bytes.Clone(b.Position.State)
	c.Schemas = slices.Clone(b.Schemas)
	c.Void = slices.Clone(b.Void)
	r.batches = append(r.batches, c)
	return nil
}

func overwrite(b []byte) {
	for i := range b {
		b[i] = '!'
	}
}

// stop ends the reading as a kill would: the context ends, then the source is
// closed. It can be called again.
func (r *reading) stop() {
	r.t.Helper()
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.t.Fatalf("Read did not end %s after its context", patience)
	}
	if err := r.src.Close(); err != nil {
		r.t.Errorf("close source: %v", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.faults {
		r.t.Error(f)
	}
	r.faults = nil
}

// given returns the batches so far.
func (r *reading) given() []stream.Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.batches)
}

func (r *reading) records() []stream.Record {
	var all []stream.Record
	for _, b := range r.given() {
		all = append(all, b.Records...)
	}
	return all
}

// until waits until ok, and tells what was missing if it never is.
func (r *reading) until(what string, ok func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		select {
		case err := <-r.ended:
			r.ended <- err
			r.t.Fatalf("Read ended before %s: %v", what, err)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: not after %s; %d batches, %d records given", what, patience, len(r.given()), len(r.records()))
		}
	}
}

func (r *reading) untilTable(want table, before ...stream.Batch) {
	r.t.Helper()
	r.until(fmt.Sprintf("the records add up to the table's %d rows", len(want)), func() bool {
		got := replay(r.h, append(slices.Clone(before), r.given()...))
		return want.equal(got, r.h.Traits.Deletes)
	})
}

func (r *reading) untilCaughtUp() {
	r.t.Helper()
	r.until("the source caught up", func() bool {
		all := r.given()
		return len(all) > 0 && all[len(all)-1].CaughtUp
	})
}

// check holds one batch against the contract; r.mu is held.
func (r *reading) check(b stream.Batch) {
	for _, s := range b.Schemas {
		r.shapes[s.Stream] = s
	}
	if b.Position.IsZero() {
		r.fault("a batch leads to the zero position")
	}
	if b.Changes > len(b.Records) || b.Changes <= 0 && len(b.Records) > 0 {
		r.fault("a batch of %d records stands for %d changes", len(b.Records), b.Changes)
	}
	for _, rec := range b.Records {
		if bytes.Compare(rec.Seq[:], r.last[:]) <= 0 && r.last != (stream.Seq{}) {
			r.fault("seq %s of %s does not come after %s", rec.Seq, rec.Stream, r.last)
		}
		r.last = rec.Seq
		if _, ok := r.shapes[rec.Stream]; !ok {
			r.fault("a record of %s came before its schema", rec.Stream)
		}
		if err := checkEnvelope(rec); err != nil {
			r.fault("record %s of %s: %v", rec.Seq, rec.Stream, err)
		}
	}
}

func (r *reading) fault(format string, args ...any) {
	if len(r.faults) < 10 {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// checkEnvelope holds a record against the envelope: members, their order, and
// which of before and after each op has.
func checkEnvelope(rec stream.Record) error {
	dec := json.NewDecoder(bytes.NewReader(rec.Value))
	members := map[string]json.RawMessage{}
	var names []string
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return fmt.Errorf("the value is no JSON object")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return fmt.Errorf("the value is no JSON object")
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return fmt.Errorf("member %v is no JSON", name)
		}
		names = append(names, name.(string))
		members[name.(string)] = v
	}
	if got := strings.Join(names, " "); got != "before after op ts_ms source" {
		return fmt.Errorf("the envelope's members are %q", got)
	}
	null := func(m string) bool { return string(members[m]) == "null" }
	switch op := string(members["op"]); {
	case op == `"t"`:
		if rec.Kind != stream.KindTruncate || rec.Key != nil || !null("after") {
			return fmt.Errorf("a truncate with a key, a row or another kind")
		}
		return nil
	case op == `"d"` && !null("after"):
		return fmt.Errorf("op d has an after")
	case (op == `"c"` || op == `"u"` || op == `"r"`) && null("after"):
		return fmt.Errorf("op %s has no after", op)
	case !strings.Contains(`"c" "u" "d" "r"`, op):
		return fmt.Errorf("op %s", op)
	}
	if rec.Key != nil && (!json.Valid(rec.Key) || rec.Key[0] != '{') {
		return fmt.Errorf("the key is no JSON object")
	}
	var source struct {
		Connector, Name, Snapshot, Table string
		TS                               int64 `json:"ts_ms"`
	}
	if err := json.Unmarshal(members["source"], &source); err != nil {
		return fmt.Errorf("the source block: wrong type of a member")
	}
	if source.Connector == "" || source.Table == "" || !strings.HasPrefix(rec.Stream, source.Name+".") {
		return fmt.Errorf("the source block does not say where the record is from")
	}
	var after map[string]json.RawMessage
	if err := json.Unmarshal(members["after"], &after); err != nil {
		return fmt.Errorf("after is no object")
	}
	for _, u := range rec.Unchanged {
		if _, there := after[u]; there {
			return fmt.Errorf("a column told as unchanged is in after")
		}
	}
	return nil
}
