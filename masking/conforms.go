package masking

import (
	"lethe/masking/conform"
	"lethe/stream"
)

// conforms checks the value src[i:end] of a column by the rules of its node.
func (w *Rewriter) conforms(n *node, i, end int) bool {
	for _, r := range n.rules {
		switch w.checker.Check(r, w.src[i:end]) {
		case conform.Fails:
			w.refuse(n, w.checker.Keyword(), string(w.checker.AppendPath(nil)))
			return false
		case conform.Beyond:
			if !w.beyond {
				w.beyond = true
				w.quality.total.Library++
			}
			if no := r.Ask(w.src[i:end]); no != nil {
				w.refuse(n, no.Keyword, no.Path)
				return false
			}
		}
	}
	return true
}

// refuse notes the keyword that a value failed at, and where. L7: both are words
// of the schema.
func (w *Rewriter) refuse(n *node, keyword, path string) {
	reason := stream.ReasonSchema
	switch keyword {
	case "":
	case stream.ReasonDuplicate:
		reason = stream.ReasonDuplicate
	default:
		reason += "." + keyword
	}
	w.fail(reason, n.path+path)
}
