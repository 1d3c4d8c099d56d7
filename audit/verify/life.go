package verify

import "time"

// life is which streams of a source are open, by its entries. A log of a build that wrote
// none has none: what is said of a source counts from its first one on.
type life struct {
	events map[string][]opening // by stream
}

// opening is an entry that opens or closes a stream.
type opening struct {
	leaf int64
	time string
	open bool
}

// streamEvent mirrors the body of a stream entry.
type streamEvent struct {
	Event  string `json:"event"`
	Source string `json:"source"`
	Stream string `json:"stream"`
	Worker string `json:"worker"`
	Time   string `json:"time"`
}

// living takes in that a stream opens or closes. Only who ingests the source may say so.
func (f *flow) living(e *entry) {
	b := e.stream
	name := streamLabel("source "+b.Source, b.Stream)
	switch b.Event {
	case streamOpen, streamClose:
	default:
		return // of its shape
	}
	if ingest := f.chains[chainID{stageIngest, b.Source, place{b.Source, 0}}]; ingest == nil || ingest.worker != b.Worker {
		f.c.fail(CodeStreamEvent, name, leafRange(e.leaf), "%s: worker %s says %s of it, and does not ingest the source", e.id, b.Worker, b.Event)
		return
	}
	l := f.lives[b.Source]
	if l == nil {
		l = &life{events: make(map[string][]opening)}
		f.lives[b.Source] = l
	}
	if b.Event == streamClose && !l.open(b.Stream) {
		f.c.fail(CodeStreamEvent, name, leafRange(e.leaf), "%s: closes what is not open", e.id)
		return
	}
	l.events[b.Stream] = append(l.events[b.Stream], opening{e.leaf, b.Time, b.Event == streamOpen})
}

// open reports whether a stream is open now.
func (l *life) open(name string) bool {
	all := l.events[name]
	return len(all) > 0 && all[len(all)-1].open
}

// lived holds the streams of an ingest receipt against those that are open (L2).
func (f *flow) lived(e *entry) {
	l := f.lives[e.receipt.Source]
	if l == nil || e.receipt.Stage != stageIngest {
		return
	}
	for _, s := range e.receipt.Streams {
		switch all := l.events[s.Stream]; {
		case s.In <= 0 || l.open(s.Stream):
		case len(all) == 0:
			f.c.fail(CodeStreamClosed, streamLabel("source "+e.receipt.Source, s.Stream), leafRange(e.leaf), "%s: %d records of a stream that no entry opened", e.id, s.In)
		default:
			f.c.fail(CodeStreamClosed, streamLabel("source "+e.receipt.Source, s.Stream), leafRange(e.leaf), "%s: %d records of a stream that entry %d closed", e.id, s.In, all[len(all)-1].leaf)
		}
	}
}

// silentAfter is how long a stream may give nothing while others of its source go on.
const silentAfter = 24 * time.Hour

// SilentStream is a stream that is open, and of which nothing came while others of its
// source went on.
type SilentStream struct {
	Source string `json:"source"`
	Stream string `json:"stream"`
	Since  string `json:"since"` // time of the last receipt with records of it, or of its opening
	Until  string `json:"until"` // of the source's last receipt in the range
}

// silent finds streams of a source that fell silent before a receipt, by its leaf and
// time.
func (l *life) silent(source string, last map[string]string, leaf int64, until string) []SilentStream {
	var out []SilentStream
	end, err := time.Parse(time.RFC3339Nano, until)
	if err != nil {
		return nil
	}
	for _, name := range sorted(l.events) {
		open, since := false, last[name]
		for _, o := range l.events[name] {
			if o.leaf > leaf {
				break
			}
			if open = o.open; since == "" {
				since = o.time
			}
		}
		at, err := time.Parse(time.RFC3339Nano, since)
		if open && err == nil && end.Sub(at) >= silentAfter {
			out = append(out, SilentStream{source, unescape(escape(name)), since, until})
		}
	}
	return out
}
