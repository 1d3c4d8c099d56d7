package broker

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// producerEntry is an entry of kfake's pids.log.
type producerEntry struct {
	Type    string `json:"type"` // init, endtx, timeout
	PID     int64  `json:"pid"`
	Epoch   int16  `json:"epoch"`
	TxnID   string `json:"txid,omitempty"`
	Timeout int32  `json:"timeout,omitempty"`
	Commit  *bool  `json:"commit,omitempty"`
}

// producers is pids.log folded: the state per producer id.
type producers struct {
	last  map[int64]*producerEntry // Type is that of the last entry
	byTxn map[string]int64         // the producer id that a transactional id has now
}

func foldProducers(raw []byte) (*producers, error) {
	ps := &producers{last: make(map[int64]*producerEntry), byTxn: make(map[string]int64)}
	err := eachFrame(raw, func(data []byte) error {
		var e producerEntry
		if err := json.Unmarshal(data, &e); err != nil {
			return errDamaged
		}
		if e.Type == "init" {
			ps.last[e.PID] = &e
			if e.TxnID != "" {
				ps.byTxn[e.TxnID] = e.PID
			}
			return nil
		}
		if known := ps.last[e.PID]; known != nil {
			known.Type, known.Epoch = e.Type, e.Epoch
		}
		return nil
	})
	return ps, err
}

// awaits tells whether it is about a transaction whose end was not finished:
// kfake logs the end of a transaction, with the next epoch, after markers and
// offsets, so the producer must still stand where the intent says.
func (ps *producers) awaits(it *intent) bool {
	if it == nil {
		return false
	}
	e := ps.last[it.PID]
	return e != nil && e.Type == "init" && e.Epoch == it.Epoch &&
		e.TxnID == it.TxnID && ps.byTxn[it.TxnID] == it.PID
}

// transactional tells whether pid belongs to a transactional id.
func (ps *producers) transactional(pid int64) bool {
	e := ps.last[pid]
	return e != nil && e.TxnID != ""
}

// next returns pids.log as the next life begins with: every transactional id
// one epoch further, which makes intents stale and fences clients of the life
// before; idempotent producers as they are, if records of theirs remain.
func (ps *producers) next(idempotent map[int64]int16) ([]byte, error) {
	var all []producerEntry
	for id, pid := range ps.byTxn {
		e := *ps.last[pid]
		e.Type, e.TxnID, e.Commit = "init", id, nil
		if e.Epoch >= math.MaxInt16-1 {
			var fresh [8]byte
			rand.Read(fresh[:])
			e.PID, e.Epoch = int64(binary.BigEndian.Uint64(fresh[:])>>1), 0
		} else {
			e.Epoch++
		}
		all = append(all, e)
	}
	for pid, epoch := range idempotent {
		if !ps.transactional(pid) {
			all = append(all, producerEntry{Type: "init", PID: pid, Epoch: epoch})
		}
	}
	slices.SortFunc(all, func(a, b producerEntry) int {
		switch {
		case a.PID < b.PID:
			return -1
		case a.PID > b.PID:
			return 1
		}
		return 0
	})
	var out []byte
	for _, e := range all {
		data, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("encode producer: %w", err)
		}
		out = appendFrame(out, data)
	}
	return out, nil
}
