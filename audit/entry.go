package audit

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"lethe/stream/scan"
)

// Entry is an entry as readers take it apart.
type Entry struct {
	ID   string          `json:"id"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// ReadEntry takes an entry apart if it is of one of kinds, or of any where none is named.
// It returns false for others, unread, and for what is no entry, of which verification
// tells. The body is a part of raw.
func ReadEntry(raw []byte, kinds ...string) (e Entry, ok bool) {
	if len(kinds) > 0 {
		// What follows the kind in canonical order holds no text of anybody's.
		at := bytes.LastIndex(raw, []byte(kindMember))
		if at < 0 || !slices.ContainsFunc(kinds, func(k string) bool { return bytes.HasPrefix(raw[at+len(kindMember):], []byte(k+`"`)) }) {
			return Entry{}, false
		}
	}
	var s scan.Scanner
	s.Reset(raw)
	err := s.Members(func(name scan.Text) (err error) {
		switch string(name.Raw) {
		case "id":
			e.ID, err = text(&s)
		case "kind":
			e.Kind, err = text(&s)
		case "body":
			e.Body, err = s.Skip()
		default:
			_, err = s.Skip()
		}
		return err
	})
	if err != nil || s.End() != nil || e.Kind == "" {
		return Entry{}, false
	}
	return e, len(kinds) == 0 || slices.Contains(kinds, e.Kind)
}

// Time is when the entry says that it was made, in the member that its kind has for that;
// false if it does not.
func (e Entry) Time() (time.Time, bool) {
	var s scan.Scanner
	var at scan.Text
	s.Reset(e.Body)
	err := s.Members(func(name scan.Text) (err error) {
		switch string(name.Raw) {
		case "time", "enrolled_at", "revoked_at", "closed_at", "began_at":
			at, err = s.String()
		default:
			_, err = s.Skip()
		}
		return err
	})
	if err != nil {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, string(at.Raw))
	return t.UTC(), err == nil
}

const kindMember = `"kind":"`

func text(s *scan.Scanner) (string, error) {
	t, err := s.String()
	if !t.Escaped {
		return string(t.Raw), err
	}
	return string(t.Append(nil)), err
}
