package postgres

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pglogrepl"

	"lethe/stream"
)

// position is where reading stands. In the middle of a transaction End is 0:
// the transaction at Commit is read again and its first Ordinal records are
// skipped. Otherwise everything that was committed before End has been given.
type position struct {
	Version     int           `json:"v"`
	System      string        `json:"system"` // identifier of the database cluster
	Timeline    int32         `json:"timeline"`
	Incarnation uint32        `json:"incarnation"` // raised by each failover
	Commit      pglogrepl.LSN `json:"commit"`
	End         pglogrepl.LSN `json:"end"`
	// Ordinal counts the records given of the transaction at Commit, where End
	// is 0, or of the chunk whose low watermark ends at End.
	Ordinal  uint64   `json:"ordinal"`
	Snapshot progress `json:"snapshot"`
}

// progress is what the snapshot has given. Tables are told apart by OID: one
// that was dropped and made again is another one.
type progress struct {
	Chunks int         `json:"chunks"`          // chunks given, of all tables
	Done   []uint32    `json:"done,omitempty"`  // tables whose rows were all given
	Part   []partial   `json:"part,omitempty"`  // tables of which some were given
	Seen   []seenTable `json:"seen,omitempty"`  // tables with changes that their snapshot shows
	Known  []known     `json:"known,omitempty"` // streams that were read, and from where
	Wipe   []uint32    `json:"wipe,omitempty"`  // tables whose rows of before are void once they are read again
	Owed   []owedRow   `json:"owed,omitempty"`  // rows given without some of their values
}

// partial is a table whose snapshot has begun.
type partial struct {
	Table  uint32   `json:"table"`
	Key    string   `json:"key,omitempty"`  // names and types of the primary key
	Last   []string `json:"last,omitempty"` // the last row's
	Stream string   `json:"stream,omitempty"`
	ID     string   `json:"id,omitempty"` // of a snapshot that cannot be continued
}

// seenTable is a table without a key whose snapshot was read while the log had
// come to Upto: changes before it are left out if Shows has them.
type seenTable struct {
	Table uint32        `json:"table"`
	Shows visibility    `json:"shows"`
	Upto  pglogrepl.LSN `json:"upto"`
}

// start is the LSN to read from: transactions whose commit record begins before
// it are not sent any more.
func (p *position) start() pglogrepl.LSN {
	if p.End != 0 {
		return p.End
	}
	return p.Commit
}

// label names the position without any value of a row (L7): the end of the last
// transaction, commit:records within one, or end.s<chunk>+rows within a chunk.
func (p *position) label() string {
	switch {
	case p.End == 0:
		return fmt.Sprintf("%s:%d", p.Commit, p.Ordinal)
	case p.Ordinal > 0:
		return fmt.Sprintf("%s.s%d+%d", p.End, p.Snapshot.Chunks, p.Ordinal)
	}
	return p.End.String()
}

// state is the position as JSON; snapshot is its Snapshot as JSON, which seldom
// changes and may be long.
func (p *position) state(snapshot []byte) []byte {
	b := make([]byte, 0, 160+len(snapshot))
	b = fmt.Appendf(b, `{"v":1,"system":%q,"timeline":%d,"incarnation":%d,"commit":%d,"end":%d,"ordinal":%d,"snapshot":`,
		p.System, p.Timeline, p.Incarnation, uint64(p.Commit), uint64(p.End), p.Ordinal)
	return append(append(b, snapshot...), '}')
}

func parsePosition(p stream.Position) (position, error) {
	pos := position{Version: 1}
	if p.IsZero() {
		return pos, nil
	}
	if err := json.Unmarshal(p.State, &pos); err != nil || pos.Version != 1 {
		// The state may hold key values: nothing of it is told (L7).
		return pos, fmt.Errorf("position %s: the state is not one of this connector's", p.Label)
	}
	return pos, nil
}

// clone copies p so that the copy can be changed.
func (p *progress) clone() progress {
	c := *p
	c.Done, c.Part, c.Seen, c.Owed = slices.Clone(p.Done), slices.Clone(p.Part), slices.Clone(p.Seen), slices.Clone(p.Owed)
	c.Known, c.Wipe = slices.Clone(p.Known), slices.Clone(p.Wipe)
	return c
}

func (p *progress) done(table uint32) bool { return slices.Contains(p.Done, table) }

// part returns the progress of a table that was begun.
func (p *progress) part(table uint32) *partial {
	for i := range p.Part {
		if p.Part[i].Table == table {
			return &p.Part[i]
		}
	}
	return nil
}

// advance notes how far the rows of a table were given.
func (p *progress) advance(now partial) {
	if t := p.part(now.Table); t != nil {
		*t = now
		return
	}
	p.Part = append(p.Part, now)
}

// finish notes that all rows of a table were given.
func (p *progress) finish(table uint32) {
	p.forget(table)
	p.Done = append(p.Done, table)
}

// begun are the tables of which rows were given.
func (p *progress) begun() []uint32 {
	all := slices.Clone(p.Done)
	for _, t := range p.Part {
		all = append(all, t.Table)
	}
	return all
}

// anew is the progress of reading from the beginning after having read.
func (p *progress) anew() progress {
	out := progress{Known: p.Known, Wipe: p.Wipe}
	for _, oid := range p.begun() {
		out.wipe(oid)
	}
	return out
}

// wipe notes that the rows of a table are void as soon as it is read again.
func (p *progress) wipe(table uint32) {
	if !slices.Contains(p.Wipe, table) {
		p.Wipe = append(p.Wipe, table)
	}
}

// know notes from where a stream is read. The table has no other name any more.
func (p *progress) know(now known) {
	for i := range p.Known {
		if p.Known[i].Table == now.Table {
			p.Known[i].Table = 0
		}
	}
	p.Known = slices.DeleteFunc(p.Known, func(k known) bool { return k.Stream == now.Stream })
	p.Known = append(p.Known, now)
}

// forget drops what is known of a table, so that it is read from its beginning.
func (p *progress) forget(table uint32) {
	p.Done = slices.DeleteFunc(p.Done, func(t uint32) bool { return t == table })
	p.Part = slices.DeleteFunc(p.Part, func(t partial) bool { return t.Table == table })
	p.Seen = slices.DeleteFunc(p.Seen, func(t seenTable) bool { return t.Table == table })
}

// visibility is a transaction snapshot: which transactions it shows. Numbers
// are the 32 bits of the stream, compared as PostgreSQL compares them.
type visibility struct {
	Min uint32   `json:"min"`
	Max uint32   `json:"max"`
	In  []uint32 `json:"in,omitempty"` // running between Min and Max
}

// shows reports whether xid was over when the snapshot was taken.
func (v visibility) shows(xid uint32) bool {
	switch {
	case before(xid, v.Min):
		return true
	case !before(xid, v.Max):
		return false
	}
	return !slices.Contains(v.In, xid)
}

func before(a, b uint32) bool { return int32(a-b) < 0 }

// parseVisibility reads the text of a pg_snapshot, xmin:xmax:xip,xip.
func parseVisibility(text string) (visibility, error) {
	var v visibility
	var lo, hi, x uint64
	var rest string
	n, _ := fmt.Sscanf(text, "%d:%d:%s", &lo, &hi, &rest)
	if n < 2 {
		return v, fmt.Errorf("snapshot: not xmin:xmax:xip")
	}
	v.Min, v.Max = uint32(lo), uint32(hi)
	for rest != "" {
		if _, err := fmt.Sscanf(rest, "%d", &x); err != nil {
			return v, fmt.Errorf("snapshot: not xmin:xmax:xip")
		}
		v.In = append(v.In, uint32(x))
		i := 0
		for i < len(rest) && rest[i] != ',' {
			i++
		}
		rest = rest[min(i+1, len(rest)):]
	}
	return v, nil
}
