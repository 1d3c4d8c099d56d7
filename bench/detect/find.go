package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lethe/bench"
	"lethe/masking/detect"
)

// ours finds with package detect, and says how many texts a second of processor
// time one core reads, the median of three passes of at least a second each.
func ours(texts []text, names bool) (map[string][]span, float64, error) {
	f, err := detect.New(detect.Options{Names: names})
	if err != nil {
		return nil, 0, err
	}
	found := map[string][]span{}
	raw := make([][]byte, len(texts))
	for i, t := range texts {
		raw[i] = []byte(t.text)
		for _, g := range f.Find(nil, raw[i]) {
			found[t.id] = append(found[t.id], span{start: g.Start, end: g.End, entity: g.Entity, score: float64(g.Score)})
		}
	}
	var speeds []float64
	dst := make([]detect.Finding, 0, 256)
	for range 3 {
		meter, err := bench.Start()
		if err != nil {
			return nil, 0, err
		}
		n := int64(0)
		for begin := time.Now(); time.Since(begin) < 1500*time.Millisecond; {
			for _, r := range raw {
				dst = f.Find(dst[:0], r)
			}
			n += int64(len(raw))
		}
		hop, err := meter.Stop("detect", n)
		if err != nil {
			return nil, 0, err
		}
		speeds = append(speeds, hop.PerCPUSecond())
	}
	slices.Sort(speeds)
	return found, speeds[1], nil
}

// presidio is the peer: its analyzer in a process of its own.
type presidio struct {
	python, peers, model string
	// hasModel says whether the model was there; without one it finds no names.
	hasModel bool
	speed    float64 // texts a second of processor time
}

// find asks for the entities that occur in the texts, so that it is charged with
// no other.
func (p *presidio) find(ctx context.Context, texts []text) (map[string][]span, error) {
	entities := map[string]bool{}
	byID := map[string]string{}
	var in bytes.Buffer
	for _, t := range texts {
		byID[t.id] = t.text
		for _, s := range t.spans {
			entities[s.entity] = true
		}
		line, err := json.Marshal(map[string]string{"id": t.id, "text": t.text})
		if err != nil {
			return nil, err
		}
		in.Write(append(line, '\n'))
	}
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, p.python, filepath.Join(p.peers, "spans.py"), strings.Join(slices.Sorted(maps.Keys(entities)), ","), p.model)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("spans.py: %w: %s", err, bench.LastLine(complaints.String()))
	}
	var used struct {
		Texts int
		CPU   float64
		Model string
	}
	if err := json.Unmarshal([]byte(bench.LastLine(complaints.String())), &used); err != nil {
		return nil, fmt.Errorf("spans.py: %w", err)
	}
	p.hasModel, p.speed = used.Model != "", float64(used.Texts)/used.CPU
	return readSpans(&out, byID)
}

// readSpans reads JSON lines whose offsets count code points.
func readSpans(in *bytes.Buffer, texts map[string]string) (map[string][]span, error) {
	found := map[string][]span{}
	for dec := json.NewDecoder(in); dec.More(); {
		var line struct {
			ID    string
			Spans [][4]any
		}
		if err := dec.Decode(&line); err != nil {
			return nil, fmt.Errorf("spans: %w", err)
		}
		at := offsets(texts[line.ID])
		for _, s := range line.Spans {
			start, ok1 := s[0].(float64)
			end, ok2 := s[1].(float64)
			entity, ok3 := s[2].(string)
			score, ok4 := s[3].(float64)
			if !ok1 || !ok2 || !ok3 || !ok4 || int(end) >= len(at) {
				return nil, fmt.Errorf("spans of %s: not a span", line.ID)
			}
			found[line.ID] = append(found[line.ID], span{start: at[int(start)], end: at[int(end)], entity: entity, score: score})
		}
	}
	return found, nil
}

// offsets are where the code points of a text begin, and its end.
func offsets(text string) (at []int) {
	for i := range text {
		at = append(at, i)
	}
	return append(at, len(text))
}
