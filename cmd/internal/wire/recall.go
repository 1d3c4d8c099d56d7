package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit"
	"lethe/stream"
)

// recollection is what the log tells that a topic must know of: whoever may write to
// topics, or loses them, can take a topic back, and not the log (L5).
type recollection struct {
	Topic  string `json:"topic"`  // the audit topic that it is of
	Offset int64  `json:"offset"` // from which on that is to be read
	Shreds uint64 `json:"shreds"` // number of the last erasure
	// Revisions are those that were put in force: rows were masked by them.
	Revisions map[string]bool `json:"revisions"`
	// Key is the verifier key of the log's shard that it has come to.
	Key string `json:"key"`
	// Workers are those whose entries count.
	Workers audit.Workers `json:"workers"`
}

// recall reads the log, and the audit topic where that goes on. Of a log that lies on
// another machine the topic tells, which keeps its entries until they are logged. What
// was read once is kept in state/.
func (w *Workspace) recall(ctx context.Context) (*recollection, error) {
	w.recalling.Lock()
	defer w.recalling.Unlock()
	r, err := w.recalled()
	if err != nil {
		return nil, err
	}
	if err := w.readLog(ctx, r); err != nil {
		return nil, err
	}
	_, end, err := w.base.Cluster.Span(ctx, r.Topic, 0)
	if err == nil {
		err = w.base.Cluster.ReadTo(ctx, r.Topic, 0, r.Offset, end, func(rec *kgo.Record) error {
			return r.take(rec.Offset, rec.Value, r.byLog)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("audit topic: %w", err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return r, keep(recallMark(w), b)
}

// readLog reads what the log has beyond r.
func (w *Workspace) readLog(ctx context.Context, r *recollection) error {
	log, err := w.openReader()
	if err != nil {
		return w.final(err)
	}
	from, err := log.IndexOf(r.Offset)
	if err == nil {
		// Each shard has a key of its own.
		err = log.Scan(ctx, from, func(l audit.Leaf) error {
			return r.take(l.Offset, l.Entry, func([]byte) bool { return l.SignedByLog() })
		})
	}
	return w.final(err)
}

// take notes what an entry tells, if a worker signed it whose key counts where it stands.
func (r *recollection) take(offset int64, entry []byte, byLog func(entry []byte) bool) error {
	r.Offset = offset + 1
	r.Workers.Take(offset, entry, byLog)
	r.ruledBy(entry)
	e, ok := audit.ReadEntry(entry, stream.EntryShred, stream.EntryAnnounce)
	if !ok || !r.Workers.Signed(offset, entry) {
		return nil // nobody's entry
	}
	switch e.Kind {
	case stream.EntryShred:
		var s stream.Shred
		if err := json.Unmarshal(e.Body, &s); err != nil {
			return fmt.Errorf("audit offset %d: %w", offset, err)
		}
		r.Shreds = max(r.Shreds, uint64(s.Last))
	case stream.EntryAnnounce:
		var a stream.Announcement
		if err := json.Unmarshal(e.Body, &a); err != nil {
			return fmt.Errorf("audit offset %d: %w", offset, err)
		}
		if a.Revision != "" {
			r.Revisions[a.Revision] = true
		}
	}
	return nil
}

// recallMark is the file with what was read of the log.
func recallMark(w *Workspace) string { return filepath.Join(w.folder.State, "recalled") }

func (w *Workspace) recalled() (*recollection, error) {
	keys, err := w.logKeys()
	if err != nil {
		return nil, err
	}
	none := &recollection{Key: keys[0], Topic: w.base.Topics.Audit(), Revisions: make(map[string]bool), Workers: make(audit.Workers)}
	b, err := os.ReadFile(recallMark(w))
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	r := new(recollection)
	if json.Unmarshal(b, r) != nil || r.Topic != none.Topic || r.Revisions == nil || r.Workers == nil || r.Key == "" {
		return none, nil // it says nothing: all is read again
	}
	return r, nil
}

// knowErasures has the topic of shreds know of every erasure that the log tells of, or
// refuses: under a cover that was restored, who was erased would have keys again (L5).
func (w *Workspace) knowErasures(ctx context.Context) (*recollection, error) {
	r, err := w.recall(ctx)
	if err != nil {
		return nil, err
	}
	w.shreds.expect(r.Shreds)
	_, err = w.lastShred(ctx)
	return r, err
}
