package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"

	"lethe/stream"
)

// open is the shard that a follower appends to.
type open struct {
	*tree
	key         string // verifier key; "" where the log does not go on in others
	verifier    note.Verifier
	offset      int64  // audit offset of the last leaf; -1 for none
	before      uint64 // leaves of the shards before it
	bytesBefore uint64
	stop        context.CancelFunc // ends its publishing
}

// open opens the shard of a signer for appending.
func (f *Follower) open(ctx context.Context, signer note.Signer, key string) (s *open, err error) {
	s = &open{key: key}
	if key != "" {
		if s.verifier, err = note.NewVerifier(key); err != nil {
			return nil, fmt.Errorf("shard %s: %w", signer.Name(), err)
		}
	}
	ctx, s.stop = context.WithCancel(ctx)
	if s.tree, err = openTree(ctx, ShardDir(f.cfg.Dir, signer.Name()), signer, f.witnesses); err == nil {
		_, s.offset, err = s.last()
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// resume opens the shard of the key that there is.
func (f *Follower) resume(ctx context.Context) (*open, error) {
	if f.cfg.Rotation == nil {
		return f.open(ctx, f.signer, "")
	}
	v, err := note.NewVerifier(f.key)
	if err != nil {
		return nil, fmt.Errorf("log key: %w", err)
	}
	older, err := OpenReader(f.cfg.Dir, v)
	if err != nil {
		return nil, err
	}
	if name := shardName(v.Name()); name != "" && len(older.Shards()) == 1 {
		// The key of what was before is destroyed: nobody signs that again.
		return nil, fmt.Errorf("shard %s: what it goes on from is not there: %w", name, ErrDamaged)
	}
	s, err := f.open(ctx, f.signer, f.key)
	if err != nil {
		return nil, err
	}
	for _, o := range older.Shards() {
		if o.Origin == s.origin {
			break
		}
		s.before += uint64(o.Size)
		s.bytesBefore += (&tree{dir: o.Dir, size: uint64(o.Size)}).whole()
	}
	return s, nil
}

// closed goes on from a shard that is closed: a process that was killed may have left
// it so, and the next one not begun, or begun and its key not in force.
func (f *Follower) closed(ctx context.Context, s *open, o *office) (*open, error) {
	for s.verifier != nil {
		entry, _, err := s.last()
		if err != nil {
			return s, err
		}
		closing := ReadClosing(entry, s.verifier)
		if closing == nil {
			break
		}
		if s, err = f.goOn(ctx, s, o, closing); err != nil {
			return s, err
		}
	}
	return s, nil
}

// goesOn returns an error wrapping [ErrDamaged] unless the shard goes on from that of a key.
func (s *open) goesOn(key string) error {
	leaves, err := s.bundle(0, int64(min(s.size, layout.EntryBundleWidth)))
	if err != nil {
		return fmt.Errorf("shard %s: %w", s.origin, err)
	}
	entry, _, err := parseLeaf(leaves[0])
	var b Beginning
	if e, ok := ReadEntry(entry, stream.EntryBegin); err != nil || !ok || json.Unmarshal(e.Body, &b) != nil || b.PreviousKey != key || !SignedByLog(entry, s.verifier) {
		return fmt.Errorf("shard %s: it is there already, and does not go on from the one before: %w", s.origin, ErrDamaged)
	}
	return nil
}

// mayClose reports whether an entry says that it ends a shard.
func mayClose(entry []byte) bool {
	_, ok := ReadEntry(entry, stream.EntryClose)
	return ok
}

// upTo is how many items of a batch belong into the shard; the last of them may close it.
func (s *open) upTo(batch []item) (int, *Closing) {
	for i, it := range batch {
		if !it.closing || s.verifier == nil {
			continue
		}
		if entry, _, err := parseLeaf(it.leaf); err == nil {
			if c := ReadClosing(entry, s.verifier); c != nil {
				return i + 1, c
			}
		}
	}
	return len(batch), nil
}

// goOn ends a shard whose last leaf closes it, and begins the next. It may be killed
// anywhere: what is done already it finds done.
func (f *Follower) goOn(ctx context.Context, s *open, o *office, c *Closing) (*open, error) {
	signer, err := f.cfg.Rotation.Next(c.NextKey)
	if err != nil {
		return s, err
	}
	// The last checkpoint is what the next shard goes on from: nothing may follow it.
	if err := s.published(ctx, f.cfg.Now); err != nil {
		return s, err
	}
	checkpoint, err := s.readNote()
	if err != nil {
		return s, err
	}
	n, err := f.open(ctx, signer, c.NextKey)
	if err != nil {
		return s, err
	}
	s.stop()
	n.before, n.bytesBefore = s.before+s.size, s.bytesBefore+s.bytes()
	if n.size > 0 {
		if err := n.goesOn(s.key); err != nil {
			return n, err
		}
	} else {
		entry, err := beginning(signer, s.key, checkpoint, f.cfg.Now())
		if err == nil {
			err = o.holds()
		}
		if err == nil {
			err = n.append(ctx, [][]byte{leaf(s.offset, entry)})
		}
		if err != nil {
			return n, err
		}
		n.offset = s.offset
	}
	if err := n.published(ctx, f.cfg.Now); err != nil {
		return n, err
	}
	f.tell(n)
	if err := f.cfg.Rotation.Began(c.NextKey); err != nil {
		return n, err
	}
	f.signer, f.key = signer, c.NextKey
	return n, nil
}
