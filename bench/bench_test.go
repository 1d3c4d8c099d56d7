package bench

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		of   []time.Duration
		p    float64
		want time.Duration
	}{
		{nil, 50, 0}, {[]time.Duration{7}, 0, 7}, {[]time.Duration{7}, 99, 7}, {[]time.Duration{1, 2}, 50, 1}, {[]time.Duration{1, 2}, 51, 2},
		{hundred, 50, 50}, {hundred, 90, 90}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred, 99.5, 100},
	} {
		if got := Percentile(c.of, c.p); got != c.want {
			t.Errorf("percentile %v of %d delays is %d, want %d", c.p, len(c.of), got, c.want)
		}
	}
}

func TestDelaysNeedNotBeSorted(t *testing.T) {
	got := Delays([]time.Duration{5, 1, 4, 2, 3})
	if got.N != 5 || got.P50 != 3 || got.Max != 5 {
		t.Errorf("five delays sum up to %+v", got)
	}
}

const traces = `File: spine
Type: cpu
Duration: 1.2s, Total samples = 100ms
-----------+-------------------------------------------------------
   30000us   crypto/internal/fips140/sha256.blockSHANI
             crypto/sha256.Sum256
             lethe/stream.node (inline)
             lethe/stream/pipeline.(*lane).deliver
-----------+-------------------------------------------------------
   20000us   runtime.memmove
             github.com/twmb/franz-go/pkg/kgo.(*Client).Produce
-----------+-------------------------------------------------------
   10000us   runtime.memmove
             main.work
-----------+-------------------------------------------------------
   10000us   runtime.gcDrain
             runtime.gcAssistAlloc
             runtime.mallocgc
             lethe/masking.(*Rewriter).Process
-----------+-------------------------------------------------------
    5000us   runtime.nextFreeFast (inline)
             runtime.mallocgc
             github.com/twmb/franz-go/pkg/kfake.(*Cluster).handle
-----------+-------------------------------------------------------
    5000us   github.com/twmb/franz-go/pkg/kfake.(*Cluster).handle
-----------+-------------------------------------------------------
`

func TestASampleBelongsToTheInnermostWorkThatHasAName(t *testing.T) {
	got, err := condense(strings.NewReader(traces))
	if err != nil {
		t.Fatal(err)
	}
	want := []Share{{"SHA-256 and HMAC", 30 * time.Millisecond}, {"Kafka client", 20 * time.Millisecond}, {"garbage collection", 10 * time.Millisecond},
		{"other", 10 * time.Millisecond}, {"allocation", 5 * time.Millisecond}, {"embedded broker", 5 * time.Millisecond}}
	if !slices.Equal(got, want) {
		t.Errorf("condensed to\n%v, want\n%v", got, want)
	}
}

func TestAMeterCountsTheWorkOfThisProcess(t *testing.T) {
	m, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	// On a busy machine time passes without work: spin until it was done.
	for spent := time.Duration(0); spent < 60*time.Millisecond; {
		for range 1000 {
			_ = strings.Repeat("x", 1000)
		}
		if spent, err = selfCPU(); err != nil {
			t.Fatal(err)
		}
	}
	h, err := m.Stop("spin", 10)
	if err != nil {
		t.Fatal(err)
	}
	if h.Wall <= 0 || h.CPU <= 0 || h.Peak < 1<<20 || h.Cost() != h.CPU/10 {
		t.Errorf("work measured as %+v", h)
	}
	cpu, peak, err := Process(os.Getpid())
	if os.IsNotExist(err) {
		t.Skip("this system has no /proc")
	}
	if err != nil || cpu <= 0 || peak < 1<<20 {
		t.Errorf("this process used %v of CPU and %d bytes: %v", cpu, peak, err)
	}
}

func TestFiguresGoBetweenTheirLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte("a\n"+FiguresBegin("x")+"old\n"+FiguresEnd("x")+"b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(HasFigures(path, "x"), WriteFigures(path, "x", "new\n")); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "a\n"+FiguresBegin("x")+"\nnew\n\n"+FiguresEnd("x")+"b\n" {
		t.Errorf("%s %v", b, err)
	}
	if WriteFigures(path, "y", "new") == nil || HasFigures(filepath.Join(t.TempDir(), "none"), "x") == nil {
		t.Error("figures are written where there is no place for them")
	}
}
