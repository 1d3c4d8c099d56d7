package broker

import (
	"encoding/base64"
	"fmt"
	"sync"
)

// ledger remembers deletions, which kfake holds in memory (trap 3) or does in
// several steps. It is durable before kfake deletes anything. Topics are named
// by their id: a topic created anew under an old name has nothing deleted.
type ledger struct {
	path string

	mu      sync.Mutex
	Starts  map[string]map[int32]int64 `json:"starts"`  // topic id → partition → log start
	Dropped map[string]bool            `json:"dropped"` // topic ids
}

func openLedger(path string) (*ledger, error) {
	l := &ledger{path: path}
	if err := readOptionalJSON(path, l); err != nil {
		return nil, damaged(path, err)
	}
	if l.Starts == nil {
		l.Starts = make(map[string]map[int32]int64)
	}
	if l.Dropped == nil {
		l.Dropped = make(map[string]bool)
	}
	return l, nil
}

func topicID(id [16]byte) string { return base64.StdEncoding.EncodeToString(id[:]) }

// start returns the log start of a partition, 0 if nothing was deleted.
func (l *ledger) start(id string, p int32) int64 { return l.Starts[id][p] }

// record takes new log starts and dropped topics; on return they are durable,
// whatever Config.Sync says: deletions are rare and undoing one is grave.
func (l *ledger) record(starts map[string]map[int32]int64, dropped []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, parts := range starts {
		if l.Starts[id] == nil {
			l.Starts[id] = make(map[int32]int64)
		}
		for p, at := range parts {
			l.Starts[id][p] = max(at, l.Starts[id][p])
		}
	}
	for _, id := range dropped {
		l.Dropped[id] = true
	}
	return l.save()
}

// prune forgets topics that are gone.
func (l *ledger) prune(living map[string]bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.Starts) + len(l.Dropped)
	for id := range l.Starts {
		if !living[id] {
			delete(l.Starts, id)
		}
	}
	for id := range l.Dropped {
		if !living[id] {
			delete(l.Dropped, id)
		}
	}
	if len(l.Starts)+len(l.Dropped) == before {
		return nil
	}
	return l.save()
}

func (l *ledger) save() error {
	if err := (disk{sync: true}).replaceJSON(l.path, l); err != nil {
		return fmt.Errorf("broker ledger: %w", err)
	}
	return nil
}
