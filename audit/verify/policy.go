package verify

import "sort"

// inForce is a policy revision that was announced at an offset, and masks what lies
// behind it.
type inForce struct {
	offset, number int64
	revision       string
}

// announce takes in where a policy revision was put in force. Only who ingests the
// source may say so, and each time behind the last.
func (f *flow) announce(e *entry) {
	a := e.announcement
	if ingest := f.chains[chainID{stageIngest, a.Source, place{a.Source, 0}}]; ingest == nil || ingest.worker != a.Worker {
		f.c.fail(CodeAnnounce, "connection "+a.Connection, leafRange(e.leaf), "%s: worker %s announces a policy revision, and does not ingest source %s", e.id, a.Worker, a.Source)
		return
	}
	if t := parseTopic(a.Topic); t.kind != kindRaw || t.source != a.Source {
		f.c.fail(CodeAnnounce, "connection "+a.Connection, leafRange(e.leaf), "%s: %s is no raw topic of source %s", e.id, a.Topic, a.Source)
		return
	}
	if was, ok := f.epochs[a.Revision]; ok && a.Keys != "" && was != a.Keys {
		f.c.fail(CodeAnnounce, "connection "+a.Connection, leafRange(e.leaf), "%s: policy revision %.12s was announced with keys of epoch %q before, and is with %q now", e.id, a.Revision, was, a.Keys)
		return
	}
	if a.Keys != "" {
		f.epochs[a.Revision] = a.Keys
	}
	for i, offset := range a.Offsets {
		r := chainID{stageMask, a.Connection, place{a.Topic, a.Partition + int32(i)}}
		x := inForce{int64(offset), int64(a.Number), a.Revision}
		list := f.policies[r]
		if n := len(list); n > 0 && (x.offset <= list[n-1].offset || x.number <= list[n-1].number) {
			f.c.fail(CodeAnnounce, r.String(), leafRange(e.leaf), "%s: announcement %d at offset %d after %d at %d", e.id, x.number, x.offset, list[n-1].number, list[n-1].offset)
			continue
		}
		f.policies[r] = append(list, x)
	}
}

// policy holds the revision that a part's records were masked under against what was
// announced before them (L4).
func (f *flow) policy(id chainID, e *entry, p *part) {
	if epoch, ok := f.epochs[e.receipt.Policy]; ok && epoch != e.receipt.Keys {
		f.fail(CodeKeysUnannounced, id, e, "of [%s,%s) %d records are masked with keys of epoch %q, and their policy revision %.12s was announced with %q",
			p.From, p.To, p.In, e.receipt.Keys, e.receipt.Policy, epoch)
	}
	list, at, end := f.policies[id], offsetOf(p.From), offsetOf(p.To)
	i := sort.Search(len(list), func(i int) bool { return list[i].offset >= at })
	now := ""
	if i > 0 {
		now = list[i-1].revision
	}
	var under, most, all int64 // records under another revision, at least; under this one, and any, at most
	for at < end {
		until := end
		if i < len(list) {
			until = min(end, list[i].offset)
		}
		lo, hi := f.produced[id.place].bounds(at, until)
		if all += hi; now != "" && now == e.receipt.Policy {
			most += hi
		} else {
			under += lo
		}
		if at = until; at < end {
			now = list[i].revision
			i++
		}
	}
	// More than were written is another finding.
	if under = max(under, min(int64(p.In), all)-most); under > 0 {
		f.fail(CodePolicyUnannounced, id, e, "of [%s,%s) %d records are masked under policy revision %.12s, which ingest had not put in force before them",
			p.From, p.To, under, e.receipt.Policy)
	}
}

// forged tells of control records that a worker refused: they changed nothing.
func (f *flow) forged(e *entry) {
	x := e.forged
	f.c.remark(CodeForged, chainID{stageMask, x.Connection, place{x.Topic, x.Partition}}.String(), leafRange(e.leaf),
		"%d control records at offsets [%d,%d] were forged or written again, and refused: somebody without keys could write to this topic", x.N, x.First, x.Last)
}
