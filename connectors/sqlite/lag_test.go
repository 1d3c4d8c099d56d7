package sqlite

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lethe/stream"
)

func TestAChangeIsAsOldAsItsCursorSaysOrAsThePollBefore(t *testing.T) {
	s := newShop(t, "wal", `CREATE TABLE timed (id INTEGER PRIMARY KEY, at TIMESTAMP); CREATE TABLE plain (id INTEGER PRIMARY KEY)`)
	s.cfg["cursor"] = map[string]string{"timed": "at"}
	clock := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	s.env.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
	var complete atomic.Int64
	s.env.Gauge = func(string, string) func(float64) { return func(v float64) { complete.Store(int64(v)) } }
	at := func(seconds int) time.Time { return time.Date(2026, 1, 1, 12, 0, seconds, 0, time.UTC) }
	step := 0
	steps := []func(){
		func() {
			s.exec(`INSERT INTO timed VALUES (2, '2026-01-01 12:00:07'), (3, '2026-01-01 12:00:02'), (4, '2027-01-01 00:00:00'); INSERT INTO plain VALUES (2)`)
		},
		func() { s.exec(`DELETE FROM timed WHERE id = 1`) },
	}
	s.exec(`INSERT INTO timed VALUES (1, '2020-01-01 00:00:00'); INSERT INTO plain VALUES (1)`)
	got := map[string]time.Time{}
	s.pollUntil(s.open(), stream.Position{}, func(b stream.Batch) bool {
		for _, r := range b.Records {
			op := "put"
			if strings.Contains(string(r.Value), `"op":"d"`) {
				op = "delete"
			}
			got[op+" "+r.Stream+string(r.Key)] = time.UnixMilli(r.Time).UTC()
		}
		if !b.CaughtUp {
			return false
		}
		if step == len(steps) {
			return true
		}
		mu.Lock()
		clock = clock.Add(10 * time.Second)
		mu.Unlock()
		steps[step]()
		step++
		return false
	})
	for what, want := range map[string]time.Time{
		`put crm.main.timed{"id":1}`: at(0), `put crm.main.plain{"id":1}`: at(0), // when the first poll began
		`put crm.main.timed{"id":2}`:    at(7),
		`put crm.main.timed{"id":3}`:    at(2),
		`put crm.main.timed{"id":4}`:    at(0), // a time to come says nothing
		`put crm.main.plain{"id":2}`:    at(0),
		`delete crm.main.timed{"id":1}`: at(10),
	} {
		if !got[what].Equal(want) {
			t.Errorf("%s at %v, want %v", what, got[what], want)
		}
	}
	if now := time.Unix(complete.Load(), 0); !now.Equal(at(20)) {
		t.Errorf("everything is found up to %v", now)
	}
}
