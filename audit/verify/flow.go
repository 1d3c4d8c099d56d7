package verify

import (
	"fmt"
	"strconv"
)

// flow follows the records from hop to hop by what receipts say.
type flow struct {
	c      *checker
	offset int64 // last audit offset

	chains   map[chainID]*chainState
	order    []chainID // as they began
	produced map[place]*spans
	policies map[chainID][]inForce // of mask chains, in the order of offsets
	epochs   map[string]string     // of the masking keys, by announced revision
	places   []place               // of produced, as they began

	sources     map[string]*SourceCount
	connections map[[2]string]*ConnectionCount // connection, raw topic
	topics      map[string]*TopicCount         // by masked topic
	streams     map[[2]string]*StreamCount     // connection, stream
	ingested    map[[2]string]int64            // source, stream
	files       []fileTask

	lives map[string]*life // by source
	cover *cover           // nil where nobody asked for a range

	deleted map[place]int64 // up to where records are gone
	skips   []skip
}

// chainID names a chain of parts: one stage's reading of one partition.
type chainID struct {
	stage, owner string // owner is the connection, or the source
	place
}

func (id chainID) String() string {
	if id.stage == stageIngest {
		return "chain ingest " + id.owner
	}
	return fmt.Sprintf("chain %s %s %s/%d", id.stage, id.owner, id.topic, id.partition)
}

type place struct {
	topic     string
	partition int32
}

// chainState is how far a chain is.
type chainState struct {
	worker string // that may append
	head   digest // of the last part
	to     string // where it ended
	parts  int64
	// waiting are parts that name another part before them than the head: one
	// transaction may write its receipts in another order than its parts.
	waiting []waitingPart

	// since and in are where counting began and what was read from there: the
	// sum must fit what was written there, however the parts were cut.
	since, in int64

	began     int64 // offset of the start; -1 if it is none
	beganLeaf int64
}

type waitingPart struct {
	e *entry
	p *part
}

// maxWaiting is how many parts may wait for the one before them.
const maxWaiting = 64

func newFlow(c *checker) *flow {
	return &flow{c: c, offset: -1, chains: make(map[chainID]*chainState), produced: make(map[place]*spans), policies: make(map[chainID][]inForce), epochs: make(map[string]string),
		sources: make(map[string]*SourceCount), connections: make(map[[2]string]*ConnectionCount), topics: make(map[string]*TopicCount),
		streams: make(map[[2]string]*StreamCount), ingested: make(map[[2]string]int64),
		deleted: make(map[place]int64), lives: make(map[string]*life)}
}

func (f *flow) chain(id chainID) *chainState {
	if s := f.chains[id]; s != nil {
		return s
	}
	s := &chainState{}
	f.chains[id] = s
	f.order = append(f.order, id)
	return s
}

// begin is an entry that starts a chain, hands it over, or skips in it.
func (f *flow) begin(e *entry) {
	b := e.chain
	id := chainID{b.Stage, b.Connection + b.Source, place{b.Topic, b.Partition}}
	s, known := f.chains[id]
	if !known {
		s = f.chain(id)
		if b.Event != chainStart {
			f.fail(CodeChainStart, id, e, "event %s, but the chain was never started", b.Event)
			s.head, s.to = b.Head, b.From
			s.since = offsetOf(s.to)
			s.began, s.beganLeaf = s.since, e.leaf
		}
	}
	switch b.Event {
	case chainStart:
		if s.parts > 0 || b.Head != (digest{}) {
			f.fail(CodeChainStart, id, e, "starts again after %d parts", s.parts)
		} else {
			s.head, s.to = digest{}, b.From
			s.since, s.in = offsetOf(s.to), 0
			s.began, s.beganLeaf = s.since, e.leaf
		}
	case chainOwner:
		if b.Head != s.head || b.From != s.to {
			f.fail(CodeChainOwner, id, e, "worker %s takes over at %s, the chain stands at %s", b.Worker, b.From, s.to)
		}
	case chainSkip:
		f.c.remark(CodeChainSkip, id.String(), leafRange(e.leaf), "skips from %s to %s", s.to, b.From)
		f.skip(id, e, s.to, b.From)
		s.to = b.From
		s.since, s.in = offsetOf(s.to), 0
	default:
		f.fail(CodeChainEvent, id, e, "unknown event")
	}
	s.worker = b.Worker
}

// receipt takes the parts of a receipt in turn.
func (f *flow) receipt(e *entry) {
	r := e.receipt
	f.c.report.LastEntry = max(f.c.report.LastEntry, r.Time)
	f.c.built(e)
	f.shares(e)
	f.lived(e)
	if f.cover != nil {
		defer f.cover.receipt(e)
	}
	for i := range r.parts {
		p := &r.parts[i]
		id := chainID{r.Stage, r.Connection + r.Source, place{p.Topic, p.Partition}}
		s, known := f.chains[id]
		if !known {
			f.fail(CodeChainStart, id, e, "a part before the chain was started")
			s = f.chain(id)
			s.worker, s.head, s.to = r.Worker, p.Prev, p.From
			s.since = offsetOf(p.From)
			s.began, s.beganLeaf = s.since, e.leaf
		}
		// What it counts stands for itself; only its place in the chain may have
		// to wait.
		f.count(id, e, p)
		if p.Prev != s.head {
			if s.waiting = append(s.waiting, waitingPart{e, p}); len(s.waiting) > maxWaiting {
				f.resume(id, s)
			}
			continue
		}
		f.part(id, s, e, p)
		f.settle(id, s)
	}
}

// settle appends the parts that waited for the one that came.
func (f *flow) settle(id chainID, s *chainState) {
	for i := 0; i < len(s.waiting); i++ {
		if w := s.waiting[i]; w.p.Prev == s.head {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			f.part(id, s, w.e, w.p)
			i = -1
		}
	}
}

// resume gives up on a missing part: it is a finding, and the chain goes on with
// the first part that waits.
func (f *flow) resume(id chainID, s *chainState) {
	w := s.waiting[0]
	s.waiting = s.waiting[1:]
	if offsetOf(w.p.To) >= 0 && offsetOf(w.p.To) <= offsetOf(s.to) {
		f.fail(CodeChainReplayed, id, w.e, "a part of [%s,%s) again: the chain stands at %s", w.p.From, w.p.To, s.to)
		f.settle(id, s)
		return
	}
	f.fail(CodeChainBroken, id, w.e, "the part before [%s,%s) is not in the log, or was changed: the chain stands at %s", w.p.From, w.p.To, s.to)
	s.head, s.to = w.p.Prev, w.p.From
	s.since, s.in = offsetOf(s.to), 0
	f.part(id, s, w.e, w.p)
	f.settle(id, s)
}

// part appends p to its chain.
func (f *flow) part(id chainID, s *chainState, e *entry, p *part) {
	if e.receipt.Worker != s.worker {
		f.fail(CodeChainOwner, id, e, "a part by worker %s, the chain belongs to %s", e.receipt.Worker, s.worker)
	}
	if p.From != s.to {
		kind := Gap
		if from := offsetOf(p.From); from >= 0 && from < offsetOf(s.to) {
			kind = Overlap
		}
		f.failAs(kind, CodeChainGap, id, e, "a part from %s, the one before ends at %s", p.From, s.to)
		s.since, s.in = offsetOf(p.From), 0
	}
	s.head, s.to = p.sum, p.To
	s.parts++
	f.total(id, s, e, p)
}

func (f *flow) fail(code Code, id chainID, e *entry, format string, args ...any) {
	f.failAs(code.kind(), code, id, e, format, args...)
}

func (f *flow) failAs(kind Kind, code Code, id chainID, e *entry, format string, args ...any) {
	f.c.failAs(kind, e.leaf, code, id.String(), leafRange(e.leaf), "%s: %s", e.id, fmt.Sprintf(format, args...))
}

// offsetOf reads an offset; -1 for what is none, such as a source's position.
func offsetOf(s string) int64 {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 0 {
		return -1
	}
	return v
}
