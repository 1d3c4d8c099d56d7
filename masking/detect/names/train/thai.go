package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"unicode/utf8"

	"lethe/masking/detect/names/internal/tag"
)

// The parts of a file of gold spans, by the hash of the text's id: eight of ten
// for training, one to choose by, one to report by.
const (
	partTrain = "train"
	partDev   = "dev"
	partTest  = "test"
)

func partOf(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	switch h.Sum32() % 10 {
	case 8:
		return partDev
	case 9:
		return partTest
	}
	return partTrain
}

// readGold reads JSON lines {"id","text","spans":[[start,end,"LABEL"],…]} whose
// offsets count code points. Labels other than persons, places, organisations
// and facilities are no names. An empty part takes all.
func readGold(path, part string) ([]sample, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []sample
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r struct {
			ID, Text string
			Spans    [][3]any
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if part != "" && partOf(r.ID) != part {
			continue
		}
		s := sample{text: []byte(r.Text), real: true}
		at := make([]int, 0, len(r.Text)+1)
		for i := range r.Text {
			at = append(at, i)
		}
		at = append(at, len(r.Text))
		for _, x := range r.Spans {
			label, ok := map[any]tag.Label{"PERSON": tag.BeginPerson, "LOCATION": tag.BeginPlace, "ORGANIZATION": tag.BeginOrg,
				"FACILITY": tag.Facility}[x[2]]
			if ok {
				s.marks = append(s.marks, mark{at[int(x[0].(float64))], at[int(x[1].(float64))], label})
			}
		}
		if utf8.ValidString(r.Text) {
			out = append(out, s)
		}
	}
	return out, lines.Err()
}
