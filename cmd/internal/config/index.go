package config

import (
	"time"

	"lethe/rules/strict"
)

// Index says whether whom batches are about is indexed.
type Index struct {
	Written bool // lethe.yaml says so, or that not
	Off     bool
	Keep    time.Duration // 0 for ever
}

// subjectIndex is audit.subject_index of lethe.yaml: a time, forever or off.
type subjectIndex struct{ Index }

// DecodeNode implements [strict.Decoder].
func (s *subjectIndex) DecodeNode(n strict.Node) {
	s.Written = true
	if n.Kind() == strict.Text && n.Text() == "off" {
		s.Off = true
		return
	}
	var k keep
	k.DecodeNode(n)
	s.Keep = k.d
}
