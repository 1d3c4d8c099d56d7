package wire

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/masking/subject"
	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// shredLog is the topic of who was erased, in order: a record for each subject, by
// its number, sealed. It knows of every erasure, also of those that a cover does
// not know which was restored from a backup.
type shredLog struct {
	cluster kafka.Cluster
	topic   string
	seal    stream.Seal

	mu      sync.Mutex
	next    int64 // offset up to which the topic was read
	digests map[uint64]subject.Digest
	highest uint64
	told    uint64 // number of the last erasure that the log tells of
}

func newShredLog(c kafka.Cluster, topic string, keys stream.Keyring) (*shredLog, error) {
	seal, err := pipeline.NewSeal(keys, "shreds")
	return &shredLog{cluster: c, topic: topic, seal: seal, digests: make(map[uint64]subject.Digest)}, err
}

// shredSize is a number and a digest.
const shredSize = 8 + len(subject.Digest{})

// read reads what was appended since. What does not open is no record of who has
// the keys, and erases nobody.
func (l *shredLog) read(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.cluster.ReadRange(ctx, l.topic, 0, l.next, func(r *kgo.Record) error {
		l.next = r.Offset + 1
		plain, err := l.seal.Open(r.Value)
		if err != nil || len(plain) != shredSize {
			return nil
		}
		n := binary.BigEndian.Uint64(plain)
		l.digests[n] = subject.Digest(plain[8:])
		l.highest = max(l.highest, n)
		return nil
	})
	if err != nil {
		return fmt.Errorf("shreds: %w", err)
	}
	return nil
}

// expect says that the log tells of so many erasures.
func (l *shredLog) expect(told uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = max(l.told, told)
}

// last is the number of the last shred. One that is missing, before it or of those
// that the log tells of, is a fault: nobody could tell whom a restored cover brings
// back (L5).
func (l *shredLog) last() (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of, there := max(l.highest, l.told), uint64(len(l.digests)); there < of {
		return 0, l.lost(of, there)
	}
	return l.highest, nil
}

func (l *shredLog) lost(of, there uint64) error {
	return &stream.Fault{Code: "subjects.shreds_lost", Path: l.topic, Exit: stream.ExitEnvironment,
		Msg:  fmt.Sprintf("of %d erasures that were written down only %d are there", of, there),
		Hint: "restore the topic (with the embedded broker: state/) from the backup that belongs to the log"}
}

// after gives the digests of the shreds after that number, in order.
func (l *shredLog) after(n uint64) []subject.Digest {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []subject.Digest
	for n++; n <= l.highest; n++ {
		out = append(out, l.digests[n])
	}
	return out
}

// add appends a record for each digest, numbered from that number on; all are
// durable on return, or there is an error.
func (l *shredLog) add(ctx context.Context, from uint64, digests []subject.Digest) error {
	var pairs [][2][]byte
	for i, d := range digests {
		n := from + uint64(i)
		plain := append(binary.BigEndian.AppendUint64(nil, n), d[:]...)
		pairs = append(pairs, [2][]byte{fmt.Appendf(nil, "%016x", n), l.seal.Seal(plain)})
	}
	if err := l.cluster.PutAll(ctx, l.topic, pairs); err != nil {
		return fmt.Errorf("shreds: %w", err)
	}
	return nil
}
