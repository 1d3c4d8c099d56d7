// Package receipt reads receipts for those who count them: names, offsets and numbers,
// while hashes are left alone. A log may hold a million.
package receipt

import (
	"encoding/json"
	"strconv"

	"lethe/stream"
	"lethe/stream/scan"
)

// Receipt is what is read of a [stream.Receipt].
type Receipt struct {
	Stage, Connection, Source, Worker, Build, Time, Policy, Keys string
	Detail                                                       *stream.Hash
	Streams                                                      []stream.StreamCount
	Parts                                                        []Part
}

// Part is what is read of a part.
type Part struct {
	Topic            string
	Partition        int32
	To               string
	From, SHA256     json.RawMessage // strings, which few read: parts of the body
	In               int64
	Out              []Out
	Object, Evidence string
	Rows             *int64
}

// Out is what is read of an output.
type Out struct {
	Topic     string
	Partition int32
	Last      int64
}

// mostNames is how many names are kept: whoever writes to the audit topic could else
// have any number kept.
const mostNames = 1 << 12

// Decoder reads receipts. Names that come again and again are the same string. One
// goroutine uses it; the zero value is ready.
type Decoder struct {
	scan.Scanner
	names map[string]string
	buf   []byte
}

// Read reads the body of a receipt's entry into r, whose slices it uses again. What is
// none is an error, and leaves r as it happens to be.
func (d *Decoder) Read(body []byte, r *Receipt) error {
	*r = Receipt{Streams: r.Streams[:0], Parts: r.Parts[:0]}
	d.Reset(body)
	if err := d.receipt(r); err != nil {
		return err
	}
	return d.End()
}

func (d *Decoder) receipt(r *Receipt) error {
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
		case "keys":
			r.Keys, err = d.name()
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
				r.Parts = append(r.Parts, Part{})
				return d.part(&r.Parts[len(r.Parts)-1])
			})
		default:
			_, err = d.Skip()
		}
		return err
	})
}

func (d *Decoder) streamCount(s *stream.StreamCount) error {
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

func (d *Decoder) part(p *Part) error {
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
		case "in":
			p.In, err = d.int64()
		case "object":
			p.Object, err = d.text()
		case "evidence":
			p.Evidence, err = d.name()
		case "rows":
			p.Rows = new(int64)
			*p.Rows, err = d.int64()
		case "out":
			err = d.list(func() error {
				p.Out = append(p.Out, Out{})
				return d.out(&p.Out[len(p.Out)-1])
			})
		default:
			_, err = d.Skip()
		}
		return err
	})
}

func (d *Decoder) out(o *Out) error {
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
func (d *Decoder) object(each func(name string) error) error {
	return d.Members(func(name scan.Text) error { return each(d.same(name.Raw)) })
}

// list calls each for every element, which reads it; for null, which is an empty list as Go
// writes it, never.
func (d *Decoder) list(each func() error) error {
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
func (d *Decoder) raw() ([]byte, error) {
	t, err := d.String()
	if err != nil || !t.Escaped {
		return t.Raw, err
	}
	d.buf = t.Append(d.buf[:0])
	return d.buf, nil
}

func (d *Decoder) text() (string, error) {
	raw, err := d.raw()
	return string(raw), err
}

// name reads a string that comes again.
func (d *Decoder) name() (string, error) {
	raw, err := d.raw()
	return d.same(raw), err
}

func (d *Decoder) same(raw []byte) string {
	if s, ok := d.names[string(raw)]; ok {
		return s
	}
	if d.names == nil || len(d.names) >= mostNames {
		d.names = map[string]string{}
	}
	s := string(raw)
	d.names[s] = s
	return s
}

func (d *Decoder) hash() (*stream.Hash, error) {
	raw, err := d.raw()
	if err != nil {
		return nil, err
	}
	h := new(stream.Hash)
	return h, h.UnmarshalText(raw)
}

// int64 reads an integer as canonical JSON has it: in a string.
func (d *Decoder) int64() (int64, error) {
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

func (d *Decoder) int32() (int32, error) {
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
