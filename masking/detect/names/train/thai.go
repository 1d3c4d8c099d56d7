package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"lethe/masking/detect/names/internal/tag"
)

// tenth is the part that a text belongs to, by the hash of its id.
func tenth(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % 10)
}

// parts reads the file of gold spans, and parts it by the tenths that are kept
// from training.
func parts(path, kept string) (train []sample, tests [10][]sample, err error) {
	all, tenths, err := readGold(path)
	for i, s := range all {
		if strings.Contains(kept, strconv.Itoa(tenths[i])) {
			tests[tenths[i]] = append(tests[tenths[i]], s)
		} else {
			train = append(train, s)
		}
	}
	return train, tests, err
}

// readGold reads JSON lines {"id","text","spans":[[start,end,"LABEL"],…]} whose
// offsets count code points. Labels other than persons, places, organisations
// and facilities are no names. With each comes its tenth.
func readGold(path string) ([]sample, []int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var out []sample
	var tenths []int
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r struct {
			ID, Text string
			Spans    [][3]any
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", path, err)
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
			tenths = append(tenths, tenth(r.ID))
		}
	}
	return out, tenths, lines.Err()
}
