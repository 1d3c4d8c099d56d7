package siem

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"lethe/audit"
	"lethe/audit/receipt"
	"lethe/stream"
)

// Maker makes the events of one destination, of leaf after leaf. One goroutine uses
// it.
type Maker struct {
	Origin string // name of the log
	View   View
	// Back calls each with the entries before a leaf, newest first, until it returns
	// false: what an event says of an earlier entry is the same after a restart.
	Back func(ctx context.Context, before int64, each func(entry []byte) (more bool)) error

	first    int64 // leaf of the first event
	begun    bool
	last     time.Time                     // of the newest entry that tells one
	intents  map[string]Action             // by entry
	recalled bool                          // those before the first leaf are among them
	policies map[string]stream.PolicyEvent // in force, by connection
	known    map[string]bool               // shapes and keys that there were
	hides    []func(*Event)                // what the view does not have
	receipts receipt.Decoder
	newest   receipt.Receipt // read last
}

// How much is looked through and kept in mind, whoever writes to the audit topic.
const (
	farthest   = 1 << 20 // entries for shapes, keys and packs
	remembered = 1 << 12 // entries for intents
	mostKnown  = 1 << 16 // shapes, keys and connections
)

// Make makes the event of a leaf. An entry that cannot be read is an event as well:
// nothing that stands in the log is left out.
func (m *Maker) Make(ctx context.Context, l audit.Leaf) (*Event, error) {
	if !m.begun {
		m.first, m.begun, m.hides = l.Index, true, m.View.hides()
	}
	// L4: the reader has held the leaf against the checkpoint; the event names both.
	hash := hex.EncodeToString(l.Hash[:])
	e := &Event{ID: eventID(l.Shard.Origin, uint64(l.Number()), hash), Outcome: Success, Severity: Informational, Counts: noCounts(),
		Log: Place{Origin: l.Shard.Origin, Index: l.Number(), Offset: l.Offset, Hash: hash, Size: l.Shard.Size}}
	in, ok := audit.ReadEntry(l.Entry)
	if !ok {
		e.Kind, e.Action, e.Outcome, e.Severity = KindRefused, EntryRefused, Failure, High
	} else {
		e.Kind, e.Entry = word(in.Kind), name(in.ID)
		if err := m.read(ctx, e, in); err != nil {
			return nil, err
		}
	}
	if err := m.time(ctx, e, l.Index, in); err != nil {
		return nil, err
	}
	for _, hide := range m.hides {
		hide(e)
	}
	return e, nil
}

// time is that of the entry, or of the newest before it that tells one.
func (m *Maker) time(ctx context.Context, e *Event, index int64, in audit.Entry) error {
	if at, ok := told(in); ok {
		m.last = at
	} else if m.last.IsZero() && index > 0 {
		err := m.Back(ctx, index, func(entry []byte) bool {
			earlier, _ := audit.ReadEntry(entry)
			m.last, ok = told(earlier)
			return !ok
		})
		if err != nil {
			return err
		}
	}
	e.Time = m.last
	if e.Time.IsZero() {
		e.Time = time.Unix(0, 0).UTC()
	}
	return nil
}

// told is the time of an entry, if receivers can take it for one.
func told(in audit.Entry) (time.Time, bool) {
	at, ok := in.Time()
	return at, ok && at.Year() >= 1970 && at.Year() <= 2261 // which int64 nanoseconds hold
}

// Alert makes the event of something that stands in no leaf: it has the same id for
// as long as at is the same.
func (m *Maker) Alert(a Action, s Severity, at time.Time, size int64) *Event {
	return &Event{ID: eventID(m.Origin, uint64(at.Unix()), string(a)), Time: at.UTC(), Kind: KindAlert, Action: a, Outcome: Failure, Severity: s,
		Counts: noCounts(), Log: Place{Origin: m.Origin, Index: -1, Offset: -1, Size: size}}
}

// eventID is an id that depends on the leaf alone (L2).
func eventID(origin string, n uint64, what string) string {
	b := append(make([]byte, 0, 160), origin...)
	b = append(b, 0)
	b = append(binary.BigEndian.AppendUint64(b, n), what...)
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// longestName is how much of a name is told.
const longestName = stream.MaxTopicName

// name is a name from an entry in letters that mean nothing to any receiver: whoever
// can write to the audit topic could else write into a SIEM (L7).
func name(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && nameByte(s[i]) && !escape(s[i:])
	}
	if !plain {
		b := make([]byte, 0, 2*len(s))
		for i := 0; i < len(s) && len(b) < longestName; i++ {
			if nameByte(s[i]) && s[i] != '-' { // or -XX could be either
				b = append(b, s[i])
			} else {
				b = append(b, stream.EscapeName(s[i:i+1])...)
			}
		}
		s = string(b)
	}
	return s[:min(len(s), longestName)]
}

// escape reports whether a text begins as an escaped byte does.
func escape(s string) bool {
	return len(s) > 2 && s[0] == '-' && upperHex(s[1]) && upperHex(s[2])
}

func upperHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' || c == '/' || c == ':'
}

// word is a code, as kinds and actions are.
func word(s string) string {
	s = name(s)
	return s[:min(len(s), 32)]
}
