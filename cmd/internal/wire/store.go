package wire

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/rules"
	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// revisionStore keeps what each policy revision does where every machine of the workspace
// finds it: in a compacted topic, by id, zstd inside AES-256-GCM, since plans name
// columns.
type revisionStore struct {
	cluster kafka.Cluster
	topic   string
	seal    stream.Seal
	zip     *zstd.Encoder
	unzip   *zstd.Decoder

	mu    sync.Mutex
	next  int64             // offset up to which the topic was read
	plans map[string][]byte // as the topic holds them, by id
}

// largestPlan is how many bytes of a plan are read at most.
const largestPlan = 256 << 20

func newRevisionStore(c kafka.Cluster, topic string, keys stream.Keyring) (*revisionStore, error) {
	s := &revisionStore{cluster: c, topic: topic, plans: make(map[string][]byte)}
	var err error
	if s.seal, err = pipeline.NewSeal(keys, "revisions"); err != nil {
		return nil, err
	}
	if s.zip, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, fmt.Errorf("revisions: %w", err)
	}
	if s.unzip, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(largestPlan)); err != nil {
		return nil, fmt.Errorf("revisions: %w", err)
	}
	return s, nil
}

// find gives the revision whose id begins with id. One that is not kept, not
// whole, or not what its id names is a fault: nothing is masked under a guess (L1).
func (s *revisionStore) find(ctx context.Context, id string) (*rules.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full, err := s.lookup(ctx, id)
	if err != nil {
		return nil, err
	}
	if full == "" {
		return nil, s.fault("unknown_revision", id, "records are to be masked under this policy revision, and no plan of it is kept",
			"restore the topic (with the embedded broker: state/) from the backup that belongs to the log,\nor "+Anew(""))
	}
	packed, err := s.seal.Open(s.plans[full])
	if err == nil {
		packed, err = s.unzip.DecodeAll(packed, nil)
	}
	if err != nil {
		return nil, s.fault("revision_unreadable", full, "its kept plan is damaged, or sealed under another key",
			"use the keys/ that this workspace began with; else restore the topic from a backup")
	}
	return rules.Restore(full, packed)
}

// all gives every revision that was ever in force.
func (s *revisionStore) all(ctx context.Context) ([]*rules.Revision, error) {
	s.mu.Lock()
	_, err := s.lookup(ctx, "") // reads on to the end
	ids := slices.Sorted(maps.Keys(s.plans))
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var out []*rules.Revision
	for _, id := range ids {
		r, err := s.find(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (s *revisionStore) has(ctx context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full, err := s.lookup(ctx, id)
	return full != "", err
}

// add makes a plan durable.
func (s *revisionStore) add(ctx context.Context, id string, plan []byte) error {
	sealed := s.seal.Seal(s.zip.EncodeAll(plan, nil))
	return s.cluster.Put(ctx, s.topic, []byte(id), sealed)
}

func (s *revisionStore) fault(code, id, msg, hint string) error {
	return &stream.Fault{Code: "run." + code, Path: s.topic + "/" + short(id), Msg: msg, Hint: hint, Exit: stream.ExitEnvironment}
}

// lookup gives the whole id, or "". Where it is not known the topic is read on:
// another machine may have added it.
func (s *revisionStore) lookup(ctx context.Context, id string) (string, error) {
	if full := s.known(id); full != "" {
		return full, nil
	}
	err := s.cluster.ReadRange(ctx, s.topic, 0, s.next, func(r *kgo.Record) error {
		s.plans[string(r.Key)] = append([]byte(nil), r.Value...)
		s.next = r.Offset + 1
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("revisions: %w", err)
	}
	return s.known(id), nil
}

func (s *revisionStore) known(id string) string {
	for full := range s.plans {
		if isNamed(full, id) {
			return full
		}
	}
	return ""
}

// isNamed reports whether id names the revision: whole, or by the first characters
// that records carry. Fewer would be a guess.
func isNamed(full, id string) bool { return len(id) >= 16 && strings.HasPrefix(full, id) }
