package siem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lethe/audit"
	"lethe/stream"
)

// session is one opening of a transport and of the log.
type session struct {
	*Exporter
	to    Transport
	log   *audit.Reader
	maker *Maker
	next  int64 // leaf
}

// open finds where the destination stands.
func (s *session) open(ctx context.Context) error {
	var err error
	if s.log, err = audit.OpenReader(s.cfg.Dir, s.cfg.Verifier); err != nil {
		return err
	}
	s.maker = &Maker{Origin: s.cfg.Verifier.Name(), View: s.cfg.Destination.View, Back: s.back}
	offset, err := s.cfg.Cursor.Load(ctx)
	if err != nil {
		return fmt.Errorf("cursor: %w", err)
	}
	s.next, err = s.log.IndexOf(offset)
	s.waits()
	return err
}

// waits tells what is still to be sent.
func (s *session) waits() {
	n := s.log.Size() - s.next
	s.tell(func(st *Status) {
		st.Ready, st.Waiting, s.Exporter.next = true, n, s.next
		switch {
		case n == 0:
			st.Oldest = time.Time{}
		case st.Oldest.IsZero():
			st.Oldest = s.cfg.Now()
		}
	})
}

// forward sends what is under the checkpoint. While the receiver takes one load, the
// next is made.
func (s *session) forward(ctx context.Context) error {
	s.waits()
	filling, spare := &load{next: s.next}, new(load)
	var sending *load
	taken := make(chan error, 1)
	// settle waits for the load that is on its way.
	settle := func() error {
		if sending == nil {
			return nil
		}
		l, err := sending, <-taken
		if sending = nil; err != nil {
			return err
		}
		s.next, spare = l.next, l
		s.tell(func(st *Status) { st.Oldest = time.Time{} })
		s.waits()
		return nil
	}
	flush := func() error {
		if err := settle(); err != nil || filling.next == s.next {
			return err
		}
		sending, filling = filling, spare
		filling.clear()
		filling.next = sending.next
		go func(l *load) { taken <- s.send(ctx, l) }(sending)
		return nil
	}
	err := s.log.Scan(ctx, s.next, func(l audit.Leaf) error {
		e, err := s.maker.Make(ctx, l)
		if err != nil {
			return err
		}
		if e.Severity >= s.cfg.Destination.Least {
			filling.add(e, s.cfg.Destination.Format)
		}
		filling.next, filling.offset = l.Index+1, l.Offset+1
		if _, last := audit.ReadEntry(l.Entry, stream.EntryClose); last {
			filling.offset = l.Offset // the leaf that the next shard begins with tells the same offset
		}
		if len(filling.events) < s.cfg.Destination.Most && len(filling.bytes) < s.cfg.Destination.Bytes {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return errors.Join(err, settle())
}

// back implements Maker.Back.
func (s *session) back(ctx context.Context, before int64, each func([]byte) bool) error {
	return s.log.Newest(ctx, before, func(l audit.Leaf) bool { return each(l.Entry) })
}

// damaged tells the receiver of a log that does not fit its checkpoint: nothing of it
// goes out any more, and a SIEM that hears nothing would not know why.
func (s *session) damaged(ctx context.Context, err error) error {
	if !errors.Is(err, audit.ErrDamaged) || ctx.Err() != nil {
		return err
	}
	return errors.Join(err, s.alert(ctx, LogDamaged, Critical))
}

// stale tells the receiver that entries wait for a checkpoint for long.
func (s *session) stale(ctx context.Context) error {
	if s.cfg.Behind == nil {
		return nil
	}
	if since := s.cfg.Behind(); since.IsZero() || s.cfg.Now().Sub(since) < staleAfter {
		return nil
	}
	return s.alert(ctx, CheckpointStale, High)
}

// alert sends an event that stands in no leaf, once in a while.
func (s *session) alert(ctx context.Context, a Action, sev Severity) error {
	at := s.cfg.Now().UTC().Truncate(alertEvery)
	if s.alerted(a, at) || sev < s.cfg.Destination.Least {
		return nil
	}
	size, maker := int64(0), &Maker{Origin: s.cfg.Verifier.Name(), View: s.cfg.Destination.View}
	if s.log != nil {
		size = s.log.Size()
	}
	e := maker.Alert(a, sev, at, size)
	sctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	if _, err := s.to.Send(sctx, []Item{{Event: e, Body: s.cfg.Destination.Format.Append(nil, e)}}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.alerts == nil {
		s.alerts = make(map[Action]time.Time)
	}
	s.alerts[a] = at
	return nil
}

func (s *session) alerted(a Action, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alerts[a].Equal(at)
}
