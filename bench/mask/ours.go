package main

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"time"

	"lethe/bench"
	"lethe/masking"
	"lethe/stream"
	"lethe/stream/tree"
)

// batch is how many records make one root, as a transaction of the mask stage does.
const batch = 4096

// chunk is how many records are finished together, as the mask stage does.
const chunk = 64

// keys are those of a keyring that nobody else has: only time is measured here.
type keys struct{}

func (keys) Epoch() string { return "1" }

func (k keys) EpochSecret(name string) ([]byte, error) { return k.Secret("1/" + name) }

func (keys) Secret(name string) ([]byte, error) {
	sum := sha256.Sum256([]byte("bench " + name))
	return sum[:], nil
}

// ours masks events as the mask stage does: rewrites, makes the salted leaf of
// each record and the root over the batch.
type ours struct {
	name    string
	records []*stream.Record
	rewrite map[string]*masking.Rewriter // by stream

	outs   [chunk]stream.Masked
	leaves tree.Leaves
	hashes []stream.Hash
	salt   [16]byte
	seq    []byte
	bytes  int64
}

func newOurs(name string, records []*stream.Record, plans []masking.Plan) (*ours, error) {
	o := &ours{name: name, records: records, rewrite: make(map[string]*masking.Rewriter)}
	for _, p := range plans {
		w, err := masking.Compile(p, keys{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Stream, err)
		}
		o.rewrite[p.Stream] = w
	}
	for _, r := range records {
		o.bytes += int64(len(r.Key) + len(r.Value))
	}
	return o, nil
}

// pass masks all records once.
func (o *ours) pass() error {
	for from := 0; from < len(o.records); from += batch {
		if err := o.transaction(o.records[from:min(from+batch, len(o.records))]); err != nil {
			return err
		}
	}
	return nil
}

func (o *ours) transaction(records []*stream.Record) error {
	o.hashes = o.hashes[:0]
	for part := range slices.Chunk(records, chunk) {
		for i, r := range part {
			if err := o.rewrite[r.Stream].Process(r, &o.outs[i]); err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
		for _, w := range o.rewrite {
			w.Finish()
		}
		for i, r := range part {
			o.salt[0]++ // what a salt is made of costs a hundredth of a hash, and is not of this workload
			o.seq = r.Seq.AppendHex(o.seq[:0])
			o.leaves.Add(&o.hashes, o.salt[:], o.outs[i].Key, o.outs[i].Value, o.seq, nil)
		}
	}
	o.leaves.Flush()
	tree.Root(o.hashes)
	return nil
}

// side is one thing to measure; all of them take turns.
type side struct {
	name    string
	records int
	bytes   int64
	pass    func() error
}

// measure takes turns with all sides, so many rounds, and gives the median of each.
// What is counted is the CPU time of the one thread, which the load of the machine
// does not change as it changes wall time.
func measure(sides []side, rounds int, least time.Duration) ([]figure, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := bench.Pin(); err != nil {
		return nil, err
	}
	took := make([][]time.Duration, len(sides)) // a record
	allocs := make([]float64, len(sides))
	for round := range rounds + 1 {
		for i, s := range sides {
			n, cost, objects, err := one(s, least)
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first one fills caches and buffers
				took[i] = append(took[i], cost/time.Duration(n))
				allocs[i] = max(allocs[i], float64(objects)/float64(n))
			}
		}
	}
	var out []figure
	for i, s := range sides {
		slices.Sort(took[i])
		out = append(out, figure{Name: s.name, Record: took[i][len(took[i])/2], Best: took[i][0], Bytes: s.bytes / int64(s.records), Allocations: allocs[i]})
	}
	return out, nil
}

// one measures passes of a side for a while.
func one(s side, least time.Duration) (n int, cost time.Duration, objects uint64, err error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began, err := bench.ThreadCPU()
	for err == nil && cost < least {
		if err = s.pass(); err != nil {
			return 0, 0, 0, err
		}
		n += s.records
		cost, err = bench.ThreadCPU()
		cost -= began
	}
	runtime.ReadMemStats(&after)
	return n, cost, after.Mallocs - before.Mallocs, err
}
