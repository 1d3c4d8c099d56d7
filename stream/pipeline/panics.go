package pipeline

import (
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// broken are the records on which an operator or a detector of this process panicked:
// a fault of ours. The first time its transaction is given up, since what else the
// processor holds is not to be trusted; when the record comes again it goes to
// quarantine unseen, and those behind it are masked (L1).
type broken struct {
	mu  sync.Mutex
	are map[recordAt]bool
}

// recordAt is a record's place.
type recordAt struct {
	place
	offset int64
}

func atOf(r *kgo.Record) recordAt { return recordAt{place{r.Topic, r.Partition}, r.Offset} }

func (b *broken) has(r *kgo.Record) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.are[atOf(r)]
}

func (b *broken) add(r *kgo.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.are == nil {
		b.are = make(map[recordAt]bool)
	}
	b.are[atOf(r)] = true
}

// attempt lets a processor mask the lane's record.
func (l *lane) attempt(to *routed, r *kgo.Record, out *stream.Masked) (err error) {
	if l.w.broken.has(r) {
		return &stream.Rejection{Reason: stream.ReasonFault}
	}
	defer func() {
		if p := recover(); p != nil {
			l.w.broken.add(r)
			err = fmt.Errorf("a fault of ours, please report it: panic in %s", panicked())
		}
	}()
	return to.processor.Process(&l.rec, out)
}

// panicked tells in which functions a panic happened. What the panic says, and what
// the functions were called with, may be of the record (L7).
func panicked() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	var at []string
	for more := true; more && len(at) < 8; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasSuffix(f.Function, ".attempt") {
			break
		}
		if !strings.HasPrefix(f.Function, "runtime.") {
			at = append(at, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
	}
	return strings.Join(at, " < ")
}
