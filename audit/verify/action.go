package verify

import "slices"

// action is what persons did: the members of intent, outcome and shred that a check
// can hold against each other. Commitments are opened by who has the openings.
type action struct {
	Action string `json:"action"` // intent
	Count  count  `json:"count"`  // intent, outcome
	Time   string `json:"time"`
	Of     string `json:"of"`     // outcome, shred: id of the intent
	Result string `json:"result"` // outcome
	First  count  `json:"first"`  // shred: numbers of the subjects who were erased
	Last   count  `json:"last"`
	Worker string `json:"worker"`
}

// actions are the intents of a log.
type actions struct {
	open map[string]*entry // intents that have no outcome yet, by id
}

// take takes in an intent, or what became of one.
func (a *actions) take(c *checker, e *entry) {
	if e.kind == entryIntent {
		if a.open == nil {
			a.open = make(map[string]*entry)
		}
		a.open[e.id] = e
		return
	}
	intent := a.open[e.action.Of]
	// Whose key was revoked meanwhile ends what it began under the next one.
	if intent == nil || intent.run != e.run && c.runs[intent.run].until == 0 {
		c.fail(CodeAction, e.id, leafRange(e.leaf), "%s of %s, which is no intent of its run that is still open", e.kind, e.action.Of)
		return
	}
	if e.kind == entryOutcome {
		delete(a.open, e.action.Of)
		return
	}
	// Numbers may be named again, where a cover came from a backup, and be left out,
	// where who erased was stopped before saying so: then its intent stays open.
	if e.action.First < 1 || e.action.Last < e.action.First {
		c.fail(CodeAction, e.id, leafRange(e.leaf), "erases subjects %d to %d", e.action.First, e.action.Last)
	}
}

// end tells of actions that were begun and of which nobody says what became: whoever
// began them was stopped, or is still at it.
func (a *actions) end(c *checker) {
	left := make([]*entry, 0, len(a.open))
	for _, e := range a.open {
		left = append(left, e)
	}
	slices.SortFunc(left, func(x, y *entry) int { return int(x.leaf - y.leaf) })
	for _, e := range left {
		c.remark(CodeIntentOpen, e.id, leafRange(e.leaf), "at %s somebody began to %s %d values or subjects, and no outcome is in the log: it may have taken effect",
			e.action.Time, e.action.Action, e.action.Count)
	}
}
