package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"lethe/bench"
)

// profile is where the CPU time of hops went.
type profile struct {
	hops   []string
	groups []string                      // of functions, the costliest first
	cost   map[string]map[string]float64 // µs a row, by group and hop
}

// profileOf is the profile of the hops that have one.
func profileOf(hops []bench.Hop) profile {
	p := profile{cost: make(map[string]map[string]float64)}
	for _, h := range hops {
		if h.Shares == nil || h.Rows == 0 {
			continue
		}
		p.hops = append(p.hops, h.Name)
		for _, s := range h.Shares {
			if p.cost[s.Group] == nil {
				p.cost[s.Group] = make(map[string]float64)
				p.groups = append(p.groups, s.Group)
			}
			p.cost[s.Group][h.Name] = micros(s.CPU) / float64(h.Rows)
		}
	}
	total := func(group string) (sum float64) {
		for _, c := range p.cost[group] {
			sum += c
		}
		return sum
	}
	slices.SortFunc(p.groups, func(a, b string) int { return cmp.Or(cmp.Compare(total(b), total(a)), cmp.Compare(a, b)) })
	return p
}

// text writes the profile for a terminal.
func (p profile) text(out io.Writer) {
	head := fmt.Sprintf("  %-22s", "")
	for _, h := range p.hops {
		head += fmt.Sprintf("%11s", h)
	}
	fmt.Fprintln(out, strings.TrimRight(head, " "))
	for _, group := range p.groups {
		row := fmt.Sprintf("  %-22s", group)
		for _, h := range p.hops {
			row += fmt.Sprintf("%11.2f", p.cost[group][h])
		}
		fmt.Fprintln(out, row)
	}
}

// markdown writes the profile as a table; nothing without one.
func (p profile) markdown(out io.Writer, title string) {
	if len(p.hops) == 0 {
		return
	}
	fmt.Fprintf(out, "\n| %s | %s |\n|---|%s\n", title, strings.Join(p.hops, " | "), strings.Repeat("---|", len(p.hops)))
	for _, group := range p.groups {
		row := "| " + group + " |"
		for _, h := range p.hops {
			row += fmt.Sprintf(" %.2f |", p.cost[group][h])
		}
		fmt.Fprintln(out, row)
	}
}
