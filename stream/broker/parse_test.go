package broker

import (
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestL3AnEpochThatRunsOutStartsAProducerAnew(t *testing.T) {
	log := func(entries ...string) (raw []byte) {
		for _, e := range entries {
			raw = appendFrame(raw, []byte(e))
		}
		return raw
	}
	ps, err := foldProducers(log(
		`{"type":"init","pid":1,"epoch":32765,"txid":"x","timeout":9}`,
		`{"type":"endtx","pid":1,"epoch":32765,"commit":true}`,
		fmt.Sprintf(`{"type":"init","pid":1,"epoch":%d,"txid":"x","timeout":9}`, math.MaxInt16-1),
		`{"type":"init","pid":2,"epoch":3,"txid":"y"}`,
		`{"type":"timeout","pid":2,"epoch":4}`,
		`{"type":"init","pid":3,"epoch":0}`,
		`{"type":"init","pid":4,"epoch":0}`,
	))
	if err != nil {
		t.Fatal(err)
	}
	for it, want := range map[*intent]bool{
		{TxnID: "x", PID: 1, Epoch: math.MaxInt16 - 1}: true,
		{TxnID: "x", PID: 1, Epoch: 32765}:             false, // ended
		{TxnID: "z", PID: 1, Epoch: math.MaxInt16 - 1}: false, // another's
		{TxnID: "y", PID: 2, Epoch: 3}:                 false, // timed out
		{TxnID: "y", PID: 2, Epoch: 4}:                 false,
		{TxnID: "x", PID: 9}:                           false,
	} {
		if got := ps.awaits(it); got != want {
			t.Errorf("%+v awaited: %v", it, got)
		}
	}
	raw, err := ps.next(map[int64]int16{3: 0, 1: 7})
	if err != nil {
		t.Fatal(err)
	}
	ps, err = foldProducers(raw)
	if err != nil {
		t.Fatal(err)
	}
	x := ps.last[ps.byTxn["x"]]
	if x.PID == 1 || x.Epoch != 0 || x.Timeout != 9 {
		t.Errorf("x is %+v", x)
	}
	if y := ps.last[2]; y.Epoch != 5 || y.Type != "init" {
		t.Errorf("y is %+v", y)
	}
	if len(ps.last) != 3 || ps.last[3] == nil {
		t.Errorf("producers are %v", ps.last)
	}
}

func FuzzLogsThatAreTornOrDamagedDoNotPanic(f *testing.F) {
	whole := appendFrame(appendFrame(nil, []byte(`{"type":"init","pid":1,"txid":"x"}`)), []byte(`{"type":"commit","g":"g","t":"t"}`))
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(make([]byte, 30))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err1 := foldProducers(raw)
		_, err2 := foldGroups(raw)
		for _, err := range []error{err1, err2} {
			if err != nil && !errors.Is(err, errDamaged) {
				t.Fatal(err)
			}
		}
	})
}

func FuzzSegmentsThatAreTornOrDamagedDoNotPanic(f *testing.F) {
	m := marker(kmsg.ControlRecordKeyTypeCommit, 0, 0, 1, 0, 0)
	f.Add(m)
	f.Add(append(m, m[:40]...))
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := &partition{dir: t.TempDir()}
		if err := os.WriteFile(p.dir+"/0.dat", raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.read(disk{}); err != nil {
			return
		}
		// What was read once reads the same again.
		again := &partition{dir: p.dir}
		if err := again.read(disk{}); err != nil {
			t.Fatal(err)
		}
		if len(again.segments) != len(p.segments) || len(again.open) != len(p.open) {
			t.Fatal("a second pass saw something else")
		}
	})
}
