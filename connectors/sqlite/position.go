package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"

	"lethe/stream"
)

// place is what a position holds. It may hold cursor values, so it travels only
// in Position.State, which is stored encrypted; the label has the number alone.
type place struct {
	Version     int    `json:"v"`
	State       string `json:"state"` // identity of the state database
	Incarnation uint32 `json:"incarnation"`
	N           uint64 `json:"n"` // number of the last batch
	// Tables are the tables that were read to their end at least once.
	Tables map[string]mark `json:"tables"`
	// Again is the number under which a table's rows were given, of those that
	// were given again.
	Again map[string]int64 `json:"again,omitempty"`
}

// isBeginning says that no position was given: every one names a state.
func (p place) isBeginning() bool { return p.State == "" }

// mark is how far a table was read: the highest cursor value of that moment.
type mark struct {
	Column string `json:"column,omitempty"`
	Value  *datum `json:"value,omitempty"` // nil where all cursors were null
}

// datum is a SQLite value in JSON. Text may be any bytes.
type datum struct {
	Int   *int64  `json:"i,omitempty"`
	Float *uint64 `json:"f,omitempty"` // bits: JSON has no infinity
	Text  *[]byte `json:"t,omitempty"`
	Blob  *[]byte `json:"b,omitempty"`
}

func newDatum(v driver.Value) *datum {
	switch v := v.(type) {
	case int64:
		return &datum{Int: &v}
	case float64:
		bits := math.Float64bits(v)
		return &datum{Float: &bits}
	case string:
		b := []byte(v)
		return &datum{Text: &b}
	case []byte:
		b := append([]byte{}, v...)
		return &datum{Blob: &b}
	}
	return nil
}

func (d *datum) value() driver.Value {
	switch {
	case d == nil:
		return nil
	case d.Int != nil:
		return *d.Int
	case d.Float != nil:
		return math.Float64frombits(*d.Float)
	case d.Text != nil:
		return string(*d.Text)
	case d.Blob != nil:
		return *d.Blob
	}
	return nil
}

func (p place) position() (stream.Position, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return stream.Position{}, fmt.Errorf("write position: %w", err)
	}
	return stream.Position{Label: fmt.Sprintf("poll %d", p.N), State: b}, nil
}

func parsePlace(p stream.Position) (place, error) {
	out := place{Version: 1, Tables: map[string]mark{}, Again: map[string]int64{}}
	if p.IsZero() {
		return out, nil
	}
	if err := json.Unmarshal(p.State, &out); err != nil {
		// The cause may quote a value.
		return place{}, fmt.Errorf("read position %q: its state is not one of this connector", p.Label)
	}
	if out.Version != 1 {
		return place{}, fmt.Errorf("read position %q: version %d is of another release", p.Label, out.Version)
	}
	if out.Tables == nil {
		out.Tables = map[string]mark{}
	}
	if out.Again == nil {
		out.Again = map[string]int64{}
	}
	return out, nil
}

func (m mark) equal(o mark) bool {
	a, errA := json.Marshal(m)
	b, errB := json.Marshal(o)
	return errA == nil && errB == nil && string(a) == string(b)
}
