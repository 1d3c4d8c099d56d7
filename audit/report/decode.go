package report

import (
	"encoding/json"
	"strconv"

	"lethe/audit"
	"lethe/stream"
	"lethe/stream/scan"
)

// read is an entry that was read.
type read struct {
	audit.Entry         // without a kind for a leaf that is no entry, or no readable one
	receipt     receipt // of a receipt
	index       int64
}

// receipt is what reports read of a receipt: hashes are left alone.
type receipt struct {
	Stage, Connection, Source, Worker, Build, Time, Policy string
	Detail                                                 *stream.Hash
	Streams                                                []stream.StreamCount
	Parts                                                  []part
}

// part is what they read of a part.
type part struct {
	Topic            string
	Partition        int32
	To               string
	From, SHA256     json.RawMessage // strings, which few reports read
	Out              []out
	Object, Evidence string
	Rows             *int64
}

type out struct {
	Topic     string
	Partition int32
	Last      int64
}

// decoder reads entries. Names that come again and again are the same string.
type decoder struct {
	scan.Scanner
	names map[string]string
	buf   []byte
}

// entry reads a leaf's entry, and its body if that is a receipt: most are, and a log
// may have a million of them.
func (d *decoder) entry(l audit.Leaf, e *read) {
	e.index = l.Index
	e.Entry, _ = audit.ReadEntry(l.Entry)
	if e.Kind != stream.EntryReceipt {
		return
	}
	// Whoever can write to the audit topic could else have no report made any more.
	if d.Reset(e.Body); d.receipt(&e.receipt) != nil || d.End() != nil {
		e.Entry = audit.Entry{}
	}
}

func (d *decoder) receipt(r *receipt) error {
	return d.object(func(name string) (err error) {
		switch name {
		case "stage":
			r.Stage, err = d.name()
		case "connection":
			r.Connection, err = d.name()
		case "source":
			r.Source, err = d.name()
		case "worker":
			r.Worker, err = d.name()
		case "build":
			r.Build, err = d.name()
		case "policy":
			r.Policy, err = d.name()
		case "time":
			r.Time, err = d.text()
		case "detail":
			r.Detail, err = d.hash()
		case "streams":
			err = d.list(func() error {
				r.Streams = append(r.Streams, stream.StreamCount{})
				return d.streamCount(&r.Streams[len(r.Streams)-1])
			})
		case "parts":
			err = d.list(func() error {
				r.Parts = append(r.Parts, part{})
				return d.part(&r.Parts[len(r.Parts)-1])
			})
		default:
			_, err = d.Skip()
		}
		return err
	})
}

func (d *decoder) streamCount(s *stream.StreamCount) error {
	return d.object(func(name string) (err error) {
		var to *stream.Int64
		switch name {
		case "stream":
			s.Stream, err = d.name()
			return err
		case "in":
			to = &s.In
		case "delivered":
			to = &s.Delivered
		case "quarantined":
			to = &s.Quarantined
		case "filtered":
			to = &s.Filtered
		case "shredded":
			to = &s.Shredded
		default:
			_, err = d.Skip()
			return err
		}
		n, err := d.int64()
		*to = stream.Int64(n)
		return err
	})
}

func (d *decoder) part(p *part) error {
	return d.object(func(name string) (err error) {
		switch name {
		case "topic":
			p.Topic, err = d.name()
		case "partition":
			p.Partition, err = d.int32()
		case "to":
			p.To, err = d.text()
		case "from":
			p.From, err = d.Skip()
		case "sha256":
			p.SHA256, err = d.Skip()
		case "object":
			p.Object, err = d.text()
		case "evidence":
			p.Evidence, err = d.name()
		case "rows":
			p.Rows = new(int64)
			*p.Rows, err = d.int64()
		case "out":
			err = d.list(func() error {
				p.Out = append(p.Out, out{})
				return d.out(&p.Out[len(p.Out)-1])
			})
		default:
			_, err = d.Skip()
		}
		return err
	})
}

func (d *decoder) out(o *out) error {
	return d.object(func(name string) (err error) {
		switch name {
		case "topic":
			o.Topic, err = d.name()
		case "partition":
			o.Partition, err = d.int32()
		case "last":
			o.Last, err = d.int64()
		default:
			_, err = d.Skip()
		}
		return err
	})
}

// object calls each for every member, which reads its value.
func (d *decoder) object(each func(name string) error) error {
	return d.Members(func(name scan.Text) error { return each(d.same(name.Raw)) })
}

// list calls each for every element, which reads it; for null, which is an empty list as Go
// writes it, never.
func (d *decoder) list(each func() error) error {
	if none, err := d.Null(); none || err != nil {
		return err
	}
	more, err := d.Enter('[')
	for ; more && err == nil; more, err = d.More('[') {
		if err := each(); err != nil {
			return err
		}
	}
	return err
}

// raw reads a string; what it returns is good until the next call.
func (d *decoder) raw() ([]byte, error) {
	t, err := d.String()
	if err != nil || !t.Escaped {
		return t.Raw, err
	}
	d.buf = t.Append(d.buf[:0])
	return d.buf, nil
}

func (d *decoder) text() (string, error) {
	raw, err := d.raw()
	return string(raw), err
}

// name reads a string that comes again.
func (d *decoder) name() (string, error) {
	raw, err := d.raw()
	return d.same(raw), err
}

func (d *decoder) same(raw []byte) string {
	if s, ok := d.names[string(raw)]; ok {
		return s
	}
	s := string(raw)
	d.names[s] = s
	return s
}

func (d *decoder) hash() (*stream.Hash, error) {
	raw, err := d.raw()
	if err != nil {
		return nil, err
	}
	h := new(stream.Hash)
	return h, h.UnmarshalText(raw)
}

// int64 reads an integer as canonical JSON has it: in a string.
func (d *decoder) int64() (int64, error) {
	raw, err := d.raw()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0, scan.ErrSyntax
	}
	return n, nil
}

func (d *decoder) int32() (int32, error) {
	raw, err := d.Number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(raw), 10, 32)
	if err != nil {
		return 0, scan.ErrSyntax
	}
	return int32(n), nil
}
