package verify

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// ErrRange says that a text is no range.
var ErrRange = errors.New("not a range of times or of a source's positions")

// Window selects what sources gave: by the times of their ingest receipts, and by their
// positions. What became of those records is followed however late it came. The zero
// Window selects all.
type Window struct {
	From, To time.Time // [From, To); the zero time leaves an end open
	// Positions are ranges by source; other sources are left out. nil selects all.
	Positions map[string]PositionRange
}

// PositionRange is a range of a source's positions. They are opaque, so its ends lie
// where a part begins or ends; "" leaves an end open.
type PositionRange struct {
	Source string `json:"source"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// BoundaryError says that no part of the log begins, or ends, at a position.
type BoundaryError struct {
	Source, Position string
}

func (e *BoundaryError) Error() string {
	return fmt.Sprintf("no part of source %s begins or ends at %q", e.Source, e.Position)
}

var positionsForm = regexp.MustCompile(`^([a-z0-9-]+):(.*)$`)

// ParseWindow reads ranges: `<from>..<to>` of times, which are dates (of UTC, the last one
// included) or instants of RFC 3339, and `<source>:<from>..<to>` of positions. An end that
// is left out is open.
func ParseWindow(ranges ...string) (w Window, err error) {
	times := false
	for _, text := range ranges {
		source := ""
		if m := positionsForm.FindStringSubmatch(text); m != nil {
			source, text = m[1], m[2]
		}
		from, to, ok := strings.Cut(text, "..")
		if !ok {
			return w, fmt.Errorf("%w: %q has no two dots", ErrRange, text)
		}
		if source != "" {
			if _, twice := w.Positions[source]; twice {
				return w, fmt.Errorf("%w: two of source %s", ErrRange, source)
			}
			if w.Positions == nil {
				w.Positions = make(map[string]PositionRange)
			}
			w.Positions[source] = PositionRange{source, from, to}
			continue
		}
		if times {
			return w, fmt.Errorf("%w: two of times", ErrRange)
		}
		times = true
		if w.From, err = instant(from, 0); err != nil {
			return w, err
		}
		if w.To, err = instant(to, 1); err != nil {
			return w, err
		}
		if !w.From.IsZero() && !w.To.IsZero() && !w.From.Before(w.To) {
			return w, fmt.Errorf("%w: %s ends before it begins", ErrRange, text)
		}
	}
	return w, nil
}

// instant reads a date, plus so many days, or an instant; the zero time for "".
func instant(text string, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at.AddDate(0, 0, days), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, fmt.Errorf("%w: %q is no date and no instant of RFC 3339", ErrRange, text)
	}
	return at.UTC(), nil
}

// all reports whether nothing is left out.
func (w Window) all() bool { return w.From.IsZero() && w.To.IsZero() && w.Positions == nil }

// at reports whether a receipt of that time is selected.
func (w Window) at(text string) bool {
	if w.From.IsZero() && w.To.IsZero() {
		return true
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return err == nil && (w.From.IsZero() || !at.Before(w.From)) && (w.To.IsZero() || at.Before(w.To))
}
