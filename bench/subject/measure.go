package main

import (
	"context"
	"encoding/binary"
	"io"
	"runtime"
	"slices"
	"time"

	"lethe/bench"
	"lethe/masking/subject"
)

// figure is what it costs with so many erased. Keys and values are CPU time of one
// thread, erasures wall time, of which most is waiting for the disk.
type figure struct {
	Erased int

	Met, New           time.Duration // the key of a subject who was met, and of one who was not
	Kept               time.Duration // of one who was not, where all pages are kept in memory
	ValueMet, ValueNew time.Duration // a value, from identifier to token
	Again              time.Duration // another value of the same subject
	Found              time.Duration // the key of a token that is opened

	Alone, Batch, All time.Duration // erasing one, a batch, all of them
	Most, Used        int64         // bytes on disk: after any batch, and of the cover that is in use
	End               time.Duration // ending a period
}

// measure makes a cover with n erased and measures on it.
func measure(ctx context.Context, o options, dir string, n int, progress io.Writer) (figure, error) {
	f := figure{Erased: n}
	c, err := newCover(ctx, dir)
	if err != nil {
		return f, err
	}
	if err := c.fill(ctx, &f, o.batch, progress); err != nil {
		return f, err
	}
	if err := c.keys(&f, o.rounds); err != nil {
		return f, err
	}
	if f.End, f.Used, err = c.end(ctx); err != nil {
		return f, err
	}
	f.Alone, err = c.alone(ctx, o.alone)
	return f, err
}

// met is how many subjects come again and again; a cache holds more.
const met = 256

// value is what is encrypted.
const value = "somchai@example.com"

// keys measures keys and values: first with the memory that a process has for the
// cover unless it is told, then with enough for all of it.
func (c *cover) keys(f *figure, rounds int) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := bench.Pin(); err != nil {
		return err
	}
	w, err := newWorker(c, 0)
	if err != nil {
		return err
	}
	err = w.measure(c.shreds, rounds, []part{
		{&f.Met, func(i uint64) error { return w.key(i % met) }},
		{&f.New, w.key},
		{&f.ValueMet, func(i uint64) error { return w.value(i % met) }},
		{&f.ValueNew, w.value},
		{&f.Again, w.again},
		{&f.Found, w.find},
	})
	if err != nil {
		return err
	}
	if w, err = newWorker(c, 2<<30); err != nil {
		return err
	}
	if err := w.readAll(c.shreds); err != nil {
		return err
	}
	return w.measure(c.shreds, rounds, []part{{&f.Kept, w.key}})
}

// part is something to measure, and where its cost goes.
type part struct {
	to  *time.Duration
	one func(i uint64) error
}

// measure lets parts take turns; the median of the rounds counts.
func (w *worker) measure(shreds uint64, rounds int, parts []part) error {
	took := make([][]time.Duration, len(parts))
	for round := range rounds + 1 {
		for i, p := range parts {
			if err := w.store.Lease(shreds); err != nil {
				return err
			}
			d, err := w.while(200*time.Millisecond, p.one)
			if err != nil {
				return err
			}
			if round > 0 { // the first one reads the pages
				took[i] = append(took[i], d)
			}
		}
	}
	for i, p := range parts {
		slices.Sort(took[i])
		*p.to = took[i][len(took[i])/2]
	}
	return nil
}

// worker masks values as a worker of the mask stage does, of one column.
type worker struct {
	store    *subject.Store
	subjects subject.Subjects
	digester *subject.Digester
	sealer   *subject.Sealer
	field    *subject.Field
	about    subject.About
	position [20]byte
	n        uint64 // subjects so far
	token    []byte
}

// newWorker has so much memory for pages of the cover; 0 is what Store has unless it
// is told.
func newWorker(c *cover, memory int64) (*worker, error) {
	config := c.config
	config.Memory = memory
	store, err := subject.Open(config)
	if err != nil {
		return nil, err
	}
	w := &worker{store: store, subjects: store.Subjects(period), field: subject.NewField("s", "p", "1", false), n: met}
	if w.digester, err = subject.NewDigester(c.keyring, "id.internal"); err != nil {
		return nil, err
	}
	w.sealer, err = subject.NewSealer(c.keyring)
	return w, err
}

// readAll asks for keys below every page, so that all are in memory.
func (w *worker) readAll(shreds uint64) error {
	if err := w.store.Lease(shreds); err != nil {
		return err
	}
	for i := range uint64(1 << 17) {
		binary.BigEndian.PutUint64(w.about.Digest[:], i<<47)
		if _, err := w.subjects.Key(&w.about.Digest, &w.about.Key); err != nil {
			return err
		}
	}
	return nil
}

// while calls one with numbers that do not come again, and gives the CPU time of a
// call.
func (w *worker) while(least time.Duration, one func(i uint64) error) (time.Duration, error) {
	began, err := bench.ThreadCPU()
	cost, calls := time.Duration(0), 0
	for err == nil && cost < least {
		for range 1024 {
			w.n++
			if err = one(w.n); err != nil {
				return 0, err
			}
		}
		calls += 1024
		cost, err = bench.ThreadCPU()
		cost -= began
	}
	return cost / time.Duration(max(calls, 1)), err
}

// spread makes a digest of a number whose first bits, by which the tree goes, and
// last ones, by which a cache does, are as far from the next one's as a hash's are.
func spread(digest *subject.Digest, i uint64) {
	binary.BigEndian.PutUint64(digest[:], i*0x9e3779b97f4a7c15)
	binary.LittleEndian.PutUint64(digest[24:], i*0x9e3779b97f4a7c15)
}

// key asks for the key of the i-th subject.
func (w *worker) key(i uint64) (err error) {
	spread(&w.about.Digest, i)
	w.about.At, err = w.subjects.Key(&w.about.Digest, &w.about.Key)
	return err
}

// value encrypts a value of the i-th subject, whose identifier is a number.
func (w *worker) value(i uint64) (err error) {
	var id [10]byte
	w.digester.Digest(&w.about.Digest, number(id[:], i))
	if w.about.At, err = w.subjects.Key(&w.about.Digest, &w.about.Key); err != nil {
		return err
	}
	return w.again(i)
}

// again encrypts one more value of the subject that came last.
func (w *worker) again(uint64) error {
	w.token = w.sealer.Seal(w.token[:0], []byte(value), w.field, w.position[:], &w.about, nil)
	return nil
}

// number fills dst with the digits of i.
func number(dst []byte, i uint64) []byte {
	for at := len(dst) - 1; at >= 0; at-- {
		dst[at] = '0' + byte(i%10)
		i /= 10
	}
	return dst
}

// find asks for the key that reveal opens a value of the i-th subject with.
func (w *worker) find(i uint64) error {
	spread(&w.about.Digest, i)
	return w.store.Find(subject.Locator{Period: 1}, &w.about.Digest, &w.about.Key)
}
