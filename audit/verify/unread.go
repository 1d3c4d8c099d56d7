package verify

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// skip is an entry by which a chain passed over offsets.
type skip struct {
	id       chainID
	leaf     int64
	from, to int64
}

// skip takes in that a chain passes over what lies between two offsets. It is
// held against the records at the end: more may come to lie there.
func (f *flow) skip(id chainID, e *entry, from, to string) {
	x := skip{id, e.leaf, offsetOf(from), offsetOf(to)}
	if x.from < 0 || x.to < x.from {
		f.fail(CodeCountSkip, id, e, "skips from %s to %s: what lies between cannot be counted", from, to)
		return
	}
	f.skips = append(f.skips, x)
}

// gone notes that the records before a part's end were deleted.
func (f *flow) gone(p *part) {
	if at := (place{p.Topic, p.Partition}); p.Evidence == evidenceLogStart {
		f.deleted[at] = max(f.deleted[at], offsetOf(p.To))
	}
}

// unread looks for records that no count holds: before a chain's start, under a
// skip, or deleted before anyone read them. They are neither delivered nor
// pending (L2).
func (f *flow) unread() {
	for _, id := range f.order {
		if id.stage == stageIngest || id.stage == stageDelete {
			continue
		}
		s, p := f.chains[id], f.produced[id.place]
		if n, _ := p.bounds(f.deleted[id.place], s.began); n > 0 {
			f.c.fail(CodeCountStart, id.String(), leafRange(s.beganLeaf), "starts at %d: %d records before that are neither read nor deleted", s.began, n)
		}
		if n, _ := p.bounds(0, min(s.began, f.deleted[id.place])); n > 0 {
			f.c.remark(CodeStartedLate, id.String(), leafRange(s.beganLeaf), "starts at %d: %d records before that were deleted", s.began, n)
		}
		from, to := max(s.began, offsetOf(s.to)), f.deleted[id.place]
		if n, _ := p.bounds(from, to); n > 0 {
			f.c.remark(CodeDeletedUnread, id.String(), offsetRange(id.partition, from, to), "%d records were deleted before %s read them", n, id.owner)
		}
	}
	for _, x := range f.skips {
		if n, _ := f.produced[x.id.place].bounds(x.from, x.to); n > 0 {
			f.c.fail(CodeCountSkip, x.id.String(), leafRange(x.leaf), "skips from %d to %d: %d records between were not read", x.from, x.to, n)
		}
	}
	readers := f.readers()
	for _, at := range f.places {
		if n := lost(f.produced[at], readers[at], f.deleted[at]); n > 0 {
			f.c.fail(CodeCountDeleted, fmt.Sprintf("%s/%d", at.topic, at.partition), offsetRange(at.partition, 0, f.deleted[at]),
				"%d records were deleted that no connection had read", n)
		}
	}
}

// readers are the offsets [from, to) that chains read of each partition.
func (f *flow) readers() map[place][][2]int64 {
	out := make(map[place][][2]int64)
	for _, id := range f.order {
		if s := f.chains[id]; id.stage != stageIngest && id.stage != stageDelete && s.began >= 0 {
			out[id.place] = append(out[id.place], [2]int64{s.began, offsetOf(s.to)})
		}
	}
	return out
}

// lost counts the records before offset end, at least, that no reader read.
func lost(written *spans, readers [][2]int64, end int64) int64 {
	slices.SortFunc(readers, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	n, at := int64(0), int64(0)
	for _, r := range append(readers, [2]int64{end, end}) {
		lo, _ := written.bounds(at, min(r[0], end))
		n += lo
		at = max(at, r[1])
	}
	return n
}

// unescape makes -XX in the segments of a topic name readable again. A name that
// would then not be printable is left as it is: it goes to a terminal.
func unescape(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '-' && i+2 < len(name) {
			if c, err := hex.DecodeString(name[i+1 : i+3]); err == nil {
				b.WriteByte(c[0])
				i += 2
				continue
			}
		}
		b.WriteByte(name[i])
	}
	s := b.String()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return name
	}
	return s
}
