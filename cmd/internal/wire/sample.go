package wire

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sort"

	"lethe/audit"
	"lethe/audit/sample"
	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// Sampling is what an auditor asks for.
type Sampling struct {
	Checkpoint []byte // that the seed is made of; nil for the log's newest
	Nonce      string
	Records    int
	Auditor    *ecdh.PrivateKey // opens raw records; nil takes the workspace's keys
}

// Sample is what came of masking sampled records again. It holds no value (L7).
type Sample struct {
	Origin     string                    `json:"origin"`
	Checkpoint int64                     `json:"checkpoint"` // size
	Seed       string                    `json:"seed"`
	Masked     int64                     `json:"masked"`   // records that receipts under the checkpoint tell of
	Eligible   int64                     `json:"eligible"` // of those, raw records that are there still
	Sampled    int                       `json:"sampled"`
	Results    map[pipeline.Result]int64 `json:"results"`
	Builds     map[string]int64          `json:"builds"` // of the sampled records, which build masked them
	Build      string                    `json:"build"`  // that masked them again
	Chances    []Chance                  `json:"chances"`
	Findings   []SampleFinding           `json:"findings"`
}

// Chance is how likely so many lies would have been found, wherever they are.
type Chance struct {
	Lies     int64   `json:"lies"`
	Found    float64 `json:"found"`
	Fraction string  `json:"fraction"` // of the eligible records
}

// SampleFinding is a record that is not what was to be.
type SampleFinding struct {
	Result     pipeline.Result `json:"result"`
	Entry      string          `json:"entry"` // of the mask receipt
	Connection string          `json:"connection"`
	Topic      string          `json:"topic"`
	Partition  int32           `json:"partition"`
	Number     int64           `json:"number"` // of the record in the receipt's part
	// ErasedSince says that subjects were erased after the receipt: of a person without
	// a key the same value is masked otherwise.
	ErasedSince bool `json:"erased_since,omitempty"`
}

// OK reports whether every record was masked again to the same bytes, or is gone.
func (s *Sample) OK() bool { return len(s.Findings) == 0 }

// TakeSample draws records by a checkpoint and an auditor's nonce, and masks them again.
func TakeSample(ctx context.Context, f *config.Folder, log *slog.Logger, by Actor, in Sampling) (*Sample, error) {
	var out *Sample
	a := Action{Actor: by, Object: "sample", Reason: in.Nonce, Count: in.Records}
	err := Read(ctx, f, log, a, func(ctx context.Context, w *Workspace) (n int, err error) {
		w.revision = w.revisions()
		if out, err = w.sample(ctx, in); err == nil {
			n = out.Sampled
		}
		return n, err
	})
	return out, err
}

// claims is what receipts under a checkpoint say.
type claims struct {
	masked  []claim
	written map[partitionOf][]stream.Out // by ingest, in the order of offsets
	shred   int64                        // leaf of the last erasure
	total   int64
}

type partitionOf struct {
	topic     string
	partition int32
}

// claim is a part of a mask receipt.
type claim struct {
	leaf              int64
	entry, connection string
	build             string
	pipeline.Masked
	below int64 // eligible records of the claims before it
}

func (w *Workspace) sample(ctx context.Context, in Sampling) (*Sample, error) {
	r, err := w.openReader()
	if err != nil {
		return nil, w.final(err)
	}
	checkpoint, size := r.Checkpoint(), r.Size()
	if in.Checkpoint != nil {
		if size, err = r.Extends(in.Checkpoint); err != nil {
			return nil, &stream.Fault{Code: "audit.checkpoint", Path: w.folder.Rel(w.folder.Log), Msg: "the log is no extension of this checkpoint: " + err.Error(), Hint: "lethe verify --checkpoint FILE " + w.folder.Dir, Exit: stream.ExitFault}
		}
		checkpoint = in.Checkpoint
	}
	seed, err := sample.NewSeed(checkpoint, in.Nonce)
	if err != nil {
		return nil, err
	}
	all, err := w.claims(ctx, r, size)
	if err != nil {
		return nil, err
	}
	out := &Sample{Origin: w.verifier.Name(), Checkpoint: size, Seed: fmt.Sprintf("%x", seed), Masked: all.total, Results: make(map[pipeline.Result]int64), Builds: make(map[string]int64), Findings: []SampleFinding{}}
	if out.Build, err = BuildID(); err != nil {
		return nil, err
	}
	again := &pipeline.Again{Base: w.base, Written: all.wrote, Revision: func(id string) (stream.Revision, error) { return w.revision(id) }}
	if in.Auditor != nil {
		if again.Auditor, err = pipeline.AuditorSecret(in.Auditor); err != nil {
			return nil, err
		}
	}
	if err := all.keepHeld(ctx, again); err != nil {
		return nil, err
	}
	for i := range all.masked {
		all.masked[i].below = out.Eligible
		out.Eligible += int64(all.masked[i].Part.In)
	}
	drawn := seed.Draw(in.Records, out.Eligible)
	out.Sampled = len(drawn)
	for len(drawn) > 0 {
		c, numbers := all.next(&drawn)
		results, err := again.Check(ctx, c.Masked, numbers)
		if errors.Is(err, pipeline.ErrAuditor) {
			return nil, &stream.Fault{Code: "audit.key", Msg: err.Error(), Hint: "give the key that audit.sampling.auditor of lethe.yaml was made with when the records were read; or leave --key out"}
		}
		if err != nil {
			return nil, err
		}
		out.take(c, numbers, results, all.shred > c.leaf)
	}
	out.chances()
	return out, nil
}

// claims reads the log up to a size.
func (w *Workspace) claims(ctx context.Context, r *audit.Reader, size int64) (*claims, error) {
	all := &claims{written: make(map[partitionOf][]stream.Out), shred: -1}
	err := r.Scan(ctx, 0, func(l audit.Leaf) error {
		e, ok := audit.ReadEntry(l.Entry, stream.EntryReceipt, stream.EntryShred)
		if !ok {
			return nil
		}
		if e.Kind == stream.EntryShred {
			all.shred = l.Index
			return nil
		}
		var body stream.Receipt
		if err := json.Unmarshal(e.Body, &body); err != nil || l.Index >= size {
			return nil // lethe verify tells of it
		}
		all.take(l.Index, e.ID, &body)
		return nil
	})
	if err != nil {
		return nil, w.final(err)
	}
	for at := range all.written {
		slices.SortFunc(all.written[at], func(a, b stream.Out) int { return cmp.Compare(a.First, b.First) })
	}
	return all, nil
}

func (c *claims) take(leaf int64, id string, r *stream.Receipt) {
	for _, p := range r.Parts {
		switch r.Stage {
		case stream.StageIngest:
			for _, o := range p.Out {
				at := partitionOf{o.Topic, o.Partition}
				c.written[at] = append(c.written[at], o)
			}
		case stream.StageMask:
			c.total += int64(p.In)
			c.masked = append(c.masked, claim{leaf: leaf, entry: id, connection: r.Connection, build: r.Build, Masked: pipeline.Masked{Policy: r.Policy, Part: p}})
		}
	}
}

// wrote finds the output of ingest that a raw record is of.
func (c *claims) wrote(topic string, partition int32, offset int64) (stream.Out, bool) {
	list := c.written[partitionOf{topic, partition}]
	i := sort.Search(len(list), func(i int) bool { return int64(list[i].Last) >= offset })
	if i == len(list) || int64(list[i].First) > offset {
		return stream.Out{}, false
	}
	return list[i], true
}

// keepHeld leaves out the claims whose raw records are deleted.
func (c *claims) keepHeld(ctx context.Context, again *pipeline.Again) error {
	topics := make(map[string]bool)
	for _, m := range c.masked {
		topics[m.Part.Topic] = true
	}
	starts, err := again.Held(ctx, slices.Sorted(maps.Keys(topics))...)
	if err != nil {
		return err
	}
	c.masked = slices.DeleteFunc(c.masked, func(m claim) bool {
		from, _, err := m.Part.Offsets()
		start, there := starts[m.Part.Topic][m.Part.Partition]
		return err != nil || !there || from < start || m.Part.In == 0
	})
	return nil
}

// next takes the numbers of one claim from those that were drawn.
func (c *claims) next(drawn *[]int64) (claim, []int64) {
	i := sort.Search(len(c.masked), func(i int) bool { return c.masked[i].below > (*drawn)[0] }) - 1
	m := c.masked[i]
	var numbers []int64
	for len(*drawn) > 0 && (*drawn)[0] < m.below+int64(m.Part.In) {
		numbers = append(numbers, (*drawn)[0]-m.below)
		*drawn = (*drawn)[1:]
	}
	return m, numbers
}

// take takes the results of one claim.
func (s *Sample) take(c claim, numbers []int64, results []pipeline.Result, erased bool) {
	for i, result := range results {
		s.Results[result]++
		s.Builds[c.build]++
		if result != pipeline.Same && result != pipeline.Gone {
			s.Findings = append(s.Findings, SampleFinding{Result: result, Entry: c.entry, Connection: c.connection, Topic: c.Part.Topic, Partition: c.Part.Partition,
				Number: numbers[i], ErasedSince: erased && result == pipeline.Different})
		}
	}
}

// chances tells what the sample would have found.
func (s *Sample) chances() {
	checked := s.Sampled - int(s.Results[pipeline.Gone])
	for _, of := range []struct {
		fraction string
		per      int64
	}{{"1 record", 0}, {"1 in 1000", 1000}, {"1 in 100", 100}, {"1 in 20", 20}} {
		lies := int64(1)
		if of.per > 0 {
			if lies = s.Eligible / of.per; lies < 2 {
				continue
			}
		}
		s.Chances = append(s.Chances, Chance{Lies: lies, Fraction: of.fraction, Found: sample.Chance(s.Eligible, checked, lies)})
	}
}
