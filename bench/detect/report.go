package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// result is what both sides did on a set.
type result struct {
	set          set
	texts        []text
	ours, theirs *verdict // theirs is nil without the peer
	patterns     float64  // texts a second of processor time
	names        float64
	peer         *presidio
}

// listed are the entities that have a line of their own; the rest are identifiers.
var listed = []string{"EMAIL_ADDRESS", "URL", "IP_ADDRESS", "MAC_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "PHONE_NUMBER", "DATE_TIME"}

// markdown writes the table.
func (r *result) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %d texts of set %s, %d of them without personal data.\n\n", runtime.GOOS+"/"+runtime.GOARCH, runtime.Version(), len(r.texts), r.set.name, r.ours.cleanTexts)
	fmt.Fprintf(&b, "| F1, exact spans (overlap of a half) | there are | Lethe | %s |\n|---|---|---|---|\n", r.peerName())
	for _, e := range listed {
		r.row(&b, e, func(name string) bool { return name == e })
	}
	isGuess := func(name string) bool {
		return slices.ContainsFunc(guesses, func(g string) bool { return strings.HasSuffix(name, g) })
	}
	r.row(&b, "identifiers with check digits", func(name string) bool { return !isGuess(name) && !slices.Contains(listed, name) })
	r.row(&b, "all of these", func(name string) bool { return !isGuess(name) })
	for _, e := range []string{"PERSON", "LOCATION", "ORGANIZATION", "thai PERSON", "thai LOCATION"} {
		r.row(&b, strings.Replace(e, "thai ", "Thai ", 1), func(name string) bool { return name == e })
	}
	b.WriteString("\n| | Lethe | " + r.peerName() + " |\n|---|---|---|\n")
	r.line(&b, "characters of personal data left bare", func(v *verdict) string { return percent(v.bare, v.gold) })
	r.line(&b, "masked characters that are none", func(v *verdict) string { return percent(v.over, v.masked) })
	r.line(&b, "findings by pattern in texts without personal data", func(v *verdict) string { return fmt.Sprint(v.alarms) })
	r.line(&b, "names found in texts without personal data", func(v *verdict) string { return fmt.Sprint(v.nameAlarms) })
	r.line(&b, "recall of names that stand in no list", func(v *verdict) string { return percent(v.coined.hit, v.coined.hit+v.coined.miss) })
	theirs := ""
	if r.peer != nil {
		theirs = fmt.Sprintf("%.0f", r.peer.speed)
	}
	fmt.Fprintf(&b, "| texts a second of one core, patterns | %.0f | %s |\n| with names | %.0f | |\n", r.patterns, theirs, r.names)
	return b.String()
}

func (r *result) peerName() string {
	switch {
	case r.peer == nil:
		return "Presidio (not run)"
	case r.peer.hasModel:
		return "Presidio with " + r.peer.model
	}
	return "Presidio's patterns (no model of names could be loaded)"
}

// row is the line of the entities that fit.
func (r *result) row(b *strings.Builder, title string, fits func(string) bool) {
	mine, n := sum(r.ours, fits)
	theirs := ""
	if r.theirs != nil {
		p, _ := sum(r.theirs, fits)
		theirs = scores(p)
	}
	fmt.Fprintf(b, "| %s | %d | %s | %s |\n", title, n, scores(mine), theirs)
}

func (r *result) line(b *strings.Builder, title string, value func(*verdict) string) {
	theirs := ""
	if r.theirs != nil {
		theirs = value(r.theirs)
	}
	fmt.Fprintf(b, "| %s | %s | %s |\n", title, value(r.ours), theirs)
}

func scores(p pair) string { return fmt.Sprintf("%.3f (%.3f)", p.exact.f1(), p.half.f1()) }

func percent(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(1, of))) }

// sum pools the entities that fit, and says how many there are.
func sum(v *verdict, fits func(string) bool) (all pair, n int) {
	for name, p := range v.entities {
		if fits(name) {
			all.exact = plus(all.exact, p.exact)
			all.half = plus(all.half, p.half)
		}
	}
	return all, all.exact.hit + all.exact.miss
}

func plus(a, b counts) counts { return counts{a.hit + b.hit, a.wrong + b.wrong, a.miss + b.miss} }

// details tells every entity, with precision and recall.
func details(v *verdict) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(v.entities)) {
		p := v.entities[name]
		fmt.Fprintf(&b, "%-28s %5d  exact %.3f %.3f %.3f  half %.3f %.3f %.3f\n", name, p.exact.hit+p.exact.miss,
			p.exact.precision(), p.exact.recall(), p.exact.f1(), p.half.precision(), p.half.recall(), p.half.f1())
	}
	return b.String()
}

// keep writes texts and findings as JSON lines whose offsets count code points.
func keep(dir string, texts []text, found map[string]map[string][]span) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	gold := map[string][]span{}
	for _, t := range texts {
		gold[t.id] = t.spans
	}
	for side, spans := range found {
		if err := keepSpans(filepath.Join(dir, side+".jsonl"), texts, spans, false); err != nil {
			return err
		}
	}
	return keepSpans(filepath.Join(dir, "gold.jsonl"), texts, gold, true)
}

func keepSpans(path string, texts []text, spans map[string][]span, withText bool) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, t := range texts {
		point := map[int]int{}
		for n, i := range offsets(t.text) {
			point[i] = n
		}
		line := map[string]any{"id": t.id}
		if withText {
			line["text"] = t.text
		}
		list := [][]any{}
		for _, s := range spans[t.id] {
			list = append(list, []any{point[s.start], point[s.end], s.entity})
		}
		line["spans"] = list
		if err := enc.Encode(line); err != nil {
			f.Close()
			return fmt.Errorf("keep: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return fmt.Errorf("keep: %w", err)
	}
	return f.Close()
}
