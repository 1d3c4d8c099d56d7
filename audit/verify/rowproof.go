package verify

import (
	"fmt"
	"strings"
)

// revisionDigits is how many hex digits of a policy revision records name, and so the
// receipts of sinks.
const revisionDigits = 16

// mask finds who masked the record that a row is of, and tells that of the row: its own
// receipt is that of the sink, which shows who loaded it.
func (p *proof) mask(row *Proven, log sealed, sink *entry, o ProofOptions) error {
	x := p.extra.Masked
	if x == nil {
		return fmt.Errorf("%w: it is of a row, and does not hold the receipt by which that was masked: ask for another by lethe prove", ErrProof)
	}
	l := row.Loaded
	l.Origin, l.Size, l.Entry, l.Leaf, l.Time, l.Worker, l.Build = row.Origin, row.Size, row.Entry, row.Leaf, row.Time, row.Worker, row.Build
	if x.Checkpoint != "" {
		older, err := sealedBy([]byte(x.Checkpoint), o)
		if err != nil {
			return err
		}
		if older.origin == log.origin {
			return fmt.Errorf("%w: it holds two checkpoints of one shard", ErrProof)
		}
		log = older
	} else if x.Enrol != nil && p.maskedEnrol.index == p.enrol.index {
		return fmt.Errorf("%w: it holds one enrolment twice", ErrProof)
	} else if p.masked.index >= p.receipt.index {
		return refuted("the row was loaded before it was masked")
	}
	e, err := log.receipt(p.masked, p.maskedEnrol)
	if err != nil {
		return fmt.Errorf("of the masking: %w", err)
	}
	r := e.receipt
	if r.Stage != stageMask || r.Connection != sink.receipt.Connection || !r.covers(row.Topic, row.Partition, *row.Offset) {
		return refuted("the receipt of the masking tells of other records")
	}
	if named := sink.receipt.Policy; len(named) != revisionDigits || !strings.HasPrefix(r.Policy, named) {
		return refuted("the row was masked under another policy revision than it was loaded with")
	}
	row.by(log, e)
	return nil
}

// covers reports whether an output of the receipt has the record at an offset.
func (r *receipt) covers(topic string, partition int32, offset int64) bool {
	for _, p := range r.parts {
		for _, o := range p.Out {
			if o.Topic == topic && o.Partition == partition && int64(o.First) <= offset && offset <= int64(o.Last) {
				return true
			}
		}
	}
	return false
}

// by says whose receipt tells of the record, and where it is.
func (p *Proven) by(log sealed, e *entry) {
	r := e.receipt
	p.Origin, p.Size, p.Entry, p.Leaf, p.Time = log.origin, log.tree.N, e.id, e.leaf, r.Time
	p.Worker, p.Build, p.Stage, p.Connection, p.Policy, p.Keys = r.Worker, r.Build, r.Stage, r.Connection+r.Source, r.Policy, r.Keys
}

// named names the builds by a list, and refuses those that are not in it; nil is any.
func (p *Proven) named(list map[string]string) error {
	if list == nil {
		return nil
	}
	var known bool
	if p.BuildName, known = list[p.Build]; !known {
		return refuted("build %s is not in the list", p.Build)
	}
	if l := p.Loaded; l != nil {
		if l.BuildName, known = list[l.Build]; !known {
			return refuted("build %s, which loaded the row, is not in the list", l.Build)
		}
	}
	return nil
}
