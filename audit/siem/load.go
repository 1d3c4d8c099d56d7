package siem

import (
	"context"
	"fmt"
	"time"
)

// load is a batch of events as it is gathered and sent.
type load struct {
	events []*Event
	bytes  []byte // of the bodies, one behind the other
	ends   []int  // where they end in bytes
	items  []Item
	next   int64 // leaf after the last that is in it, or was left out of it
	offset int64 // that the cursor moves to once it is sent
}

// add puts an event into it.
func (l *load) add(e *Event, f Format) {
	l.bytes = f.Append(l.bytes, e)
	l.ends, l.events = append(l.ends, len(l.bytes)), append(l.events, e)
}

func (l *load) clear() {
	l.events, l.bytes, l.ends, l.items = l.events[:0], l.bytes[:0], l.ends[:0], l.items[:0]
}

// send sends a load, and moves the cursor behind it.
func (s *session) send(ctx context.Context, l *load) error {
	from := 0
	for i, e := range l.events {
		l.items = append(l.items, Item{Event: e, Body: l.bytes[from:l.ends[i]:l.ends[i]]})
		from = l.ends[i]
	}
	if len(l.items) > 0 {
		sctx, cancel := context.WithTimeout(ctx, sendWithin)
		defer cancel()
		sent, err := s.to.Send(sctx, l.items)
		if err != nil {
			return err
		}
		s.tell(func(st *Status) {
			st.Sent += int64(len(l.items) - sent.Refused)
			st.Duplicates += int64(sent.Duplicates)
			st.Refused += int64(sent.Refused)
			st.Since = time.Time{}
		})
		if sent.Refused > 0 {
			s.cfg.Log.Error("siem: the receiver refused events for good", "destination", s.cfg.Destination.Name, "events", sent.Refused, "first", l.items[0].Event.ID)
		}
	}
	// L2: the receiver has the events before the cursor moves.
	if err := s.cfg.Cursor.Store(ctx, l.offset); err != nil {
		return fmt.Errorf("cursor: %w", err)
	}
	return nil
}
