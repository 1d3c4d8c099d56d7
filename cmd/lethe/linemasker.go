package main

import (
	"strings"

	"lethe/masking"
	"lethe/stream"
	"lethe/stream/scan"
)

// Lines that are kept back, so that many values are hashed side by side.
const (
	keptLines = 64
	keptBytes = 256 << 10
	keptRoom  = 64 << 10 // of one line, from one round to the next
)

// lineMasker masks the lines of one goroutine. It implements [pipe.Worker].
type lineMasker struct {
	rewriter *masking.Rewriter
	stream   string
	rows     bool // every line is one
	wrapped  []byte
	kept     []maskedLine
	size     int // of the lines kept back, in bytes
}

// maskedLine is a line that the rewriter has not finished yet.
type maskedLine struct {
	out   stream.Masked
	isRow bool
}

// What makes a row an envelope. A snapshot's row is one as good as any.
const rowBefore, rowAfter = `{"before":null,"after":`, `,"op":"r"}`

// Line masks a line and keeps it back.
func (m *lineMasker) Line(dst, line []byte, _ int) ([]byte, error) {
	from := scan.Space(line, 0)
	end := scan.Value(line, from, scan.MaxDepth)
	if end < 0 || scan.Space(line, end) != len(line) {
		return dst, &stream.Rejection{Reason: stream.ReasonMalformed}
	}
	if payload, ok := wrapped(line); ok {
		line, from, end = payload, 0, len(payload)
	}
	if string(line[from:end]) == "null" {
		next := m.next()
		next.out.Value, next.isRow = append(next.out.Value[:0], "null"...), false
		return m.keep(dst, next), nil
	}
	if line[from] != '{' {
		return dst, &stream.Rejection{Reason: stream.ReasonMalformed}
	}
	r := stream.Record{Stream: m.stream, Value: line}
	isRow, truncate := true, false
	if !m.rows {
		isRow, truncate = shapeOf(line)
	}
	if truncate {
		r.Kind = stream.KindTruncate
	}
	if isRow {
		m.wrapped = append(append(append(m.wrapped[:0], rowBefore...), line[from:end]...), rowAfter...)
		r.Value = m.wrapped
	}
	next := m.next()
	if err := m.rewriter.Process(&r, &next.out); err != nil {
		return dst, err
	}
	next.isRow = isRow
	return m.keep(dst, next), nil
}

// next is where the next line is kept back.
func (m *lineMasker) next() *maskedLine {
	if m.kept == nil {
		m.kept = make([]maskedLine, 0, keptLines)
	}
	return &m.kept[:len(m.kept)+1][len(m.kept)]
}

// keep keeps the next line back, and finishes all once they are enough.
func (m *lineMasker) keep(dst []byte, next *maskedLine) []byte {
	m.kept, m.size = m.kept[:len(m.kept)+1], m.size+len(next.out.Value)
	if len(m.kept) == keptLines || m.size >= keptBytes {
		return m.Flush(dst)
	}
	return dst
}

// wrapped is the payload of a line that holds a schema and a payload and nothing
// else, as Kafka Connect's JSON converter writes messages with their schemas.
func wrapped(line []byte) (payload []byte, ok bool) {
	var s scan.Scanner
	s.Reset(line)
	schema := false
	more, err := s.Enter('{')
	for ; more && err == nil; more, err = s.More('{') {
		name, nerr := s.Name()
		value, verr := s.Skip()
		if nerr != nil || verr != nil {
			return nil, false
		}
		switch {
		case string(name.Raw) == "schema" && !schema && (value[0] == '{' || value[0] == 'n'):
			schema = true
		case string(name.Raw) == "payload" && payload == nil && (value[0] == '{' || value[0] == 'n'):
			payload = value
		default:
			return nil, false
		}
	}
	return payload, err == nil && schema && payload != nil
}

// Flush finishes the lines kept back and appends them.
func (m *lineMasker) Flush(dst []byte) []byte {
	m.rewriter.Finish()
	for i := range m.kept {
		l := &m.kept[i]
		masked := l.out.Value
		if l.isRow {
			masked = masked[len(rowBefore) : len(masked)-len(rowAfter)]
		}
		dst = append(append(dst, masked...), '\n')
		if cap(l.out.Value) > keptRoom {
			l.out.Value = nil // the next line may be small
		}
	}
	m.kept, m.size = m.kept[:0], 0
	return dst
}

// namedAsAnEvent reports whether a column is called as a part of a change event is:
// its rows could be taken for events, which hold other columns (L1).
func namedAsAnEvent(f masking.Field) bool {
	switch column, _, _ := strings.Cut(strings.ReplaceAll(f.Path, "[]", ""), "."); column {
	case "op", "before", "after":
		return true
	}
	return false
}

// shapeOf says whether a line is a row, and not a change event: an event has an op
// and before or after. What is taken for the other is redacted or refused (L1).
func shapeOf(line []byte) (isRow, truncate bool) {
	var s scan.Scanner
	s.Reset(line)
	op, image := false, false
	more, err := s.Enter('{')
	for ; more && err == nil; more, err = s.More('{') {
		name, nerr := s.Name()
		value, verr := s.Skip()
		if nerr != nil || verr != nil {
			return true, false
		}
		switch string(name.Raw) {
		case "op":
			op = true
			truncate = string(value) == `"t"`
		case "before", "after":
			image = image || value[0] == '{' || value[0] == 'n'
		}
	}
	isRow = !op || !image && !truncate
	return isRow, truncate && !isRow
}
