package report

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/audit/receipt"
	"lethe/stream"
)

// Gather reads the log as far as its checkpoint covers it and counts what lies in
// [from, to). Policies, announcements and enrolments are those of the whole log: what
// is in force in a range may have begun before it.
func Gather(ctx context.Context, r *audit.Reader, workspace string, from, to time.Time, want Wants) (*Facts, error) {
	f := &Facts{From: from, To: to, Workspace: workspace, Sums: map[Hop]*Sum{}, Loads: map[Delivery]*Load{}, Lags: map[Hop]*Lag{},
		Details: map[stream.Hash]Hop{}, Ruled: map[Ruled]bool{}, Outcomes: map[string]stream.Outcome{}, Builds: map[string]int64{}, Workers: map[string]int64{}, Masks: map[Hop]*stream.MaskCount{}}
	if err := f.checkpoint(r); err != nil {
		return nil, err
	}
	g := &gathering{Facts: f, want: want, waiting: map[place][]masked{}}
	return f, inOrder(ctx, r, g.fold)
}

func (f *Facts) checkpoint(r *audit.Reader) error {
	raw := r.Checkpoint()
	if raw == nil {
		return nil
	}
	origin, at, err := audit.ReadCheckpoint(raw)
	if err != nil {
		return err
	}
	f.Checkpoint = Checkpoint{Origin: origin, Size: r.Size(), Root: at.Hash.String(), Note: string(raw)}
	f.Body = func(size int64) (string, error) {
		h, err := r.Root(size)
		s := r.ShardOf(size - 1)
		return fmt.Sprintf("%s\n%d\n%s\n", s.Origin, size-s.First, base64.StdEncoding.EncodeToString(h[:])), err
	}
	f.Prove = func(index int64) (Proof, error) {
		s := r.ShardOf(index)
		path, err := tlog.ProveRecord(s.Size, index-s.First, s.Hashes())
		if err != nil {
			return Proof{}, fmt.Errorf("proof of leaf %d: %w", index, err)
		}
		leaf, err := s.Hashes().ReadHashes([]int64{tlog.StoredHashIndex(0, index-s.First)})
		if err != nil {
			return Proof{}, fmt.Errorf("proof of leaf %d: %w", index, err)
		}
		p := Proof{Index: index, Leaf: base64.StdEncoding.EncodeToString(leaf[0][:]), Path: []string{}}
		if len(r.Shards()) > 1 {
			p.Shard = &Shard{Origin: s.Origin, Number: index - s.First, Checkpoint: string(s.Checkpoint())}
		}
		for _, h := range path {
			p.Path = append(p.Path, base64.StdEncoding.EncodeToString(h[:]))
		}
		return p, nil
	}
	return nil
}

// gathering is a scan under way.
type gathering struct {
	*Facts
	want    Wants
	clock   time.Time // of the last entry that has a time
	waiting map[place][]masked
}

// place is a partition of a masked topic.
type place struct {
	topic     string
	partition int32
}

// masked is what lies in a masked topic up to an offset since a time.
type masked struct {
	last int64
	at   time.Time
}

// fold takes in an entry, in the order of the log.
func (g *gathering) fold(e *read) {
	var err error
	switch e.Kind {
	case "":
		g.Refused++
	case stream.EntryReceipt:
		g.receipt(e.index, e.ID, &e.receipt)
	case stream.EntryPolicy:
		g.Policies, err = cited(g, g.Policies, e, false)
	case stream.EntryAnnounce:
		g.Announced, err = cited(g, g.Announced, e, false)
	case stream.EntryIntent:
		g.Intents, err = cited(g, g.Intents, e, true)
	case stream.EntryShred:
		g.Shreds, err = cited(g, g.Shreds, e, true)
	case stream.EntryForged:
		g.Forged, err = cited(g, g.Forged, e, true)
	case stream.EntryStream:
		// Which streams are open verify --coverage tells.
		if g.Shapes, err = cited(g, g.Shapes, e, true); err == nil && len(g.Shapes) > 0 && g.Shapes[len(g.Shapes)-1].Body.Event != stream.StreamShape {
			g.Shapes = g.Shapes[:len(g.Shapes)-1]
		}
	case stream.EntryEnrol:
		g.Enrolled, err = cited(g, g.Enrolled, e, false)
	case stream.EntryOutcome:
		var o stream.Outcome
		if err = json.Unmarshal(e.Body, &o); err == nil {
			g.Outcomes[o.Of] = o
		}
	}
	if err != nil {
		g.Refused++
	}
}

// cited adds an entry; ranged ones only within the range.
func cited[T any](g *gathering, all []Cited[T], e *read, ranged bool) ([]Cited[T], error) {
	var said struct {
		Time       string
		EnrolledAt string `json:"enrolled_at"`
	}
	c := Cited[T]{Index: e.index, ID: e.ID}
	if err := json.Unmarshal(e.Body, &c.Body); err != nil {
		return all, err
	}
	if err := json.Unmarshal(e.Body, &said); err != nil {
		return all, err
	}
	c.Time = g.tick(cmp.Or(said.Time, said.EnrolledAt))
	if ranged && !g.within(c.Time) {
		return all, nil
	}
	return append(all, c), nil
}

// tick tells the time of an entry, and remembers it for those that have none.
func (g *gathering) tick(s string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		g.clock = t.UTC()
	}
	return g.clock
}

// within reports whether a time lies in the range.
func (f *Facts) within(t time.Time) bool {
	return !t.Before(f.From) && (f.To.IsZero() || t.Before(f.To))
}

func (g *gathering) receipt(index int64, id string, r *receipt.Receipt) {
	t := g.tick(r.Time)
	if r.Stage == stream.StageMask {
		g.masked(r, t)
	}
	if !g.within(t) {
		return
	}
	g.Receipts++
	g.ruled(r)
	g.Builds[r.Build]++
	g.Workers[r.Worker]++
	if g.First.IsZero() || t.Before(g.First) {
		g.First = t
	}
	if t.After(g.Last) {
		g.Last = t
	}
	hop := Hop{Day: t.Format(time.DateOnly), Stage: r.Stage, Owner: cmp.Or(r.Connection, r.Source)}
	if r.Detail != nil && g.want.Details && r.Stage == stream.StageMask {
		g.Details[*r.Detail] = hop
	}
	for _, s := range r.Streams {
		hop.Stream = s.Stream
		sum := entry(g.Sums, hop)
		sum.In += int64(s.In)
		sum.Delivered += int64(s.Delivered)
		sum.Quarantined += int64(s.Quarantined)
		sum.Filtered += int64(s.Filtered)
		sum.Shredded += int64(s.Shredded)
	}
	hop.Stream = ""
	for i := range r.Parts {
		p := &r.Parts[i]
		switch r.Stage {
		case stream.StageSink:
			g.loaded(index, hop, p, t)
		case stream.StageDelete:
			g.Deleted = append(g.Deleted, Cited[Deletion]{Index: index, ID: id, Time: t, Body: Deletion{p.Topic, p.Partition, p.To, p.Evidence}})
		}
	}
}

// masked remembers since when outputs lie in their topics.
func (g *gathering) masked(r *receipt.Receipt, t time.Time) {
	for i := range r.Parts {
		for _, o := range r.Parts[i].Out {
			at := place{o.Topic, o.Partition}
			g.waiting[at] = append(g.waiting[at], masked{o.Last, t})
		}
	}
}

// loaded counts what a sink loaded of a partition, and how late.
func (g *gathering) loaded(index int64, hop Hop, p *receipt.Part, t time.Time) {
	load := entry(g.Loads, Delivery{hop.Day, hop.Owner, p.Topic})
	if load.First.IsZero() {
		load.First = t
	}
	load.Last = t
	if p.Rows != nil {
		load.Rows += *p.Rows
	}
	if p.Object != "" {
		load.Objects++
	}
	end, err := strconv.ParseInt(p.To, 10, 64)
	if err != nil {
		return // a position of a source: nothing that was masked
	}
	if p.Rows != nil && g.want.Objects {
		from, _ := strconv.ParseInt(strings.Trim(string(p.From), `"`), 10, 64)
		g.Objects = append(g.Objects, Object{Name: p.Object, Connection: hop.Owner, Topic: p.Topic, Partition: p.Partition, From: from, To: end,
			SHA256: strings.Trim(string(p.SHA256), `"`), Rows: *p.Rows, Time: t, Leaf: index})
	}
	at := place{p.Topic, p.Partition}
	waiting, lag := g.waiting[at], entry(g.Lags, hop)
	for len(waiting) > 0 && waiting[0].last < end {
		d := max(0, t.Sub(waiting[0].at))
		lag.Parts++
		lag.Sum += d
		lag.Max = max(lag.Max, d)
		waiting = waiting[1:]
	}
	g.waiting[at] = waiting
}

// entry is the value of a key, made if it is new.
func entry[K comparable, V any](m map[K]*V, k K) *V {
	if m[k] == nil {
		m[k] = new(V)
	}
	return m[k]
}

// AddDetail adds the detail record of a mask receipt that was read; hash is what a
// receipt names it by. One that no receipt in range names is left out.
func (f *Facts) AddDetail(hash stream.Hash, body []byte) error {
	hop, ok := f.Details[hash]
	if !ok {
		return nil
	}
	var d stream.MaskDetail
	if err := json.Unmarshal(body, &d); err != nil {
		return fmt.Errorf("detail: %w", err)
	}
	f.DetailsRead++
	for name, n := range d.Streams {
		hop.Stream = name
		sum := entry(f.Masks, hop)
		sum.Quality.Add(&n.Quality)
		sum.Fields = merge(sum.Fields, n.Fields)
		sum.Quarantined = merge(sum.Quarantined, n.Quarantined)
	}
	return nil
}

func merge(to, from map[string]map[string]stream.Int64) map[string]map[string]stream.Int64 {
	for a, inner := range from {
		if to == nil {
			to = map[string]map[string]stream.Int64{}
		}
		if to[a] == nil {
			to[a] = map[string]stream.Int64{}
		}
		for b, n := range inner {
			to[a][b] += n
		}
	}
	return to
}
