package verify

import "crypto/sha256"

// receipt and the types below mirror what stands in the log (stream/FORMAT.md).
type receipt struct {
	Stage      string
	Connection string
	Source     string
	Worker     string
	Build      string
	Policy     string
	Keys       string
	Time       string
	Detail     *digest // of a record that is not in the log: its form is checked
	Subjects   *digest // likewise
	Streams    []streamShare
	parts      []part
}

type part struct {
	Topic     string
	Partition int32
	Prev      digest
	From      string
	To        string
	In        count
	Changes   count
	Out       []out
	Filtered  count
	Shredded  count
	Object    string
	SHA256    *digest
	Rows      *count
	RowRoot   *digest
	Evidence  string

	sum digest // of its canonical JSON
}

// streamShare is what became of a stream's records in a transaction.
type streamShare struct {
	Stream      string // "" where it cannot be known
	In          count
	Delivered   count
	Quarantined count
	Filtered    count
	Shredded    count
}

type out struct {
	Topic      string
	Partition  int32
	First      count
	Last       count
	N          count
	Tombstones count
	Root       digest
}

func (r *receipt) read(b []byte) (rest []byte, err error) {
	return eachMember(b, func(name, b []byte) ([]byte, error) {
		switch string(name) {
		case "stage":
			return text(&r.Stage, b)
		case "connection":
			return text(&r.Connection, b)
		case "source":
			return text(&r.Source, b)
		case "worker":
			return text(&r.Worker, b)
		case "build":
			return text(&r.Build, b)
		case "policy":
			return text(&r.Policy, b)
		case "keys":
			return text(&r.Keys, b)
		case "time":
			return text(&r.Time, b)
		case "detail":
			return digestIfThere(&r.Detail, b)
		case "subjects":
			return digestIfThere(&r.Subjects, b)
		case "streams":
			return eachElement(b, func(b []byte) ([]byte, error) {
				r.Streams = append(r.Streams, streamShare{})
				return r.Streams[len(r.Streams)-1].read(b)
			})
		case "parts":
			return eachElement(b, func(b []byte) ([]byte, error) {
				var p part
				rest, err := p.read(b)
				// The entry is canonical, so its part of the bytes is too.
				p.sum = sha256.Sum256(b[:len(b)-len(rest)])
				r.parts = append(r.parts, p)
				return rest, err
			})
		}
		return skipValue(b)
	})
}

func (s *streamShare) read(b []byte) (rest []byte, err error) {
	return eachMember(b, func(name, b []byte) ([]byte, error) {
		switch string(name) {
		case "stream":
			return text(&s.Stream, b)
		case "in":
			return countOf(&s.In, b)
		case "delivered":
			return countOf(&s.Delivered, b)
		case "quarantined":
			return countOf(&s.Quarantined, b)
		case "filtered":
			return countOf(&s.Filtered, b)
		case "shredded":
			return countOf(&s.Shredded, b)
		}
		return skipValue(b)
	})
}

func (p *part) read(b []byte) (rest []byte, err error) {
	return eachMember(b, func(name, b []byte) ([]byte, error) {
		switch string(name) {
		case "topic":
			return text(&p.Topic, b)
		case "partition":
			return number(&p.Partition, b)
		case "prev":
			return digestOf(&p.Prev, b)
		case "from":
			return text(&p.From, b)
		case "to":
			return text(&p.To, b)
		case "in":
			return countOf(&p.In, b)
		case "changes":
			return countOf(&p.Changes, b)
		case "out":
			return eachElement(b, func(b []byte) ([]byte, error) {
				p.Out = append(p.Out, out{})
				return p.Out[len(p.Out)-1].read(b)
			})
		case "filtered":
			return countOf(&p.Filtered, b)
		case "shredded":
			return countOf(&p.Shredded, b)
		case "object":
			return text(&p.Object, b)
		case "sha256":
			return digestIfThere(&p.SHA256, b)
		case "rows":
			return countIfThere(&p.Rows, b)
		case "row_root":
			return digestIfThere(&p.RowRoot, b)
		case "evidence":
			return text(&p.Evidence, b)
		}
		return skipValue(b)
	})
}

func (o *out) read(b []byte) (rest []byte, err error) {
	return eachMember(b, func(name, b []byte) ([]byte, error) {
		switch string(name) {
		case "topic":
			return text(&o.Topic, b)
		case "partition":
			return number(&o.Partition, b)
		case "first":
			return countOf(&o.First, b)
		case "last":
			return countOf(&o.Last, b)
		case "n":
			return countOf(&o.N, b)
		case "tombstones":
			return countOf(&o.Tombstones, b)
		case "root":
			return digestOf(&o.Root, b)
		}
		return skipValue(b)
	})
}
