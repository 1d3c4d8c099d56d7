package main

import (
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
	if end < 0 || scan.Space(line, end) != len(line) || line[from] != '{' {
		return dst, &stream.Rejection{Reason: stream.ReasonMalformed}
	}
	r := stream.Record{Stream: m.stream, Value: line}
	isRow, truncate := shapeOf(line)
	if truncate {
		r.Kind = stream.KindTruncate
	}
	if isRow {
		m.wrapped = append(append(append(m.wrapped[:0], rowBefore...), line[from:end]...), rowAfter...)
		r.Value = m.wrapped
	}
	if m.kept == nil {
		m.kept = make([]maskedLine, 0, keptLines)
	}
	next := &m.kept[:len(m.kept)+1][len(m.kept)]
	if err := m.rewriter.Process(&r, &next.out); err != nil {
		return dst, err
	}
	next.isRow = isRow
	m.kept, m.size = m.kept[:len(m.kept)+1], m.size+len(next.out.Value)
	if len(m.kept) == keptLines || m.size >= keptBytes {
		return m.Flush(dst), nil
	}
	return dst, nil
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
