package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"lethe/rules/packs"
	"lethe/rules/strict"
	"lethe/stream"
)

// label is what a masked stream is about: the highest class of the fields that
// are left, pseudonymised if none of that class is clear. Masking does not
// declassify: only a removal takes a field out. A stream of removed fields still
// tells how many rows there are, and is internal.
func (c *compiler) label(all []Decision) stream.Label {
	highest, clear := stream.Class(""), false
	for _, d := range all {
		switch {
		case d.Label == labelRemoved || d.Label == "":
		case c.table.rank(d.Class) > c.table.rank(highest):
			highest, clear = d.Class, d.Label == labelClear
		case d.Class == highest:
			clear = clear || d.Label == labelClear
		}
	}
	switch {
	case highest == "":
		return stream.Internal.Label()
	case clear || !c.table.personal(highest):
		return highest.Label()
	}
	return highest.Pseudo()
}

// checkClearance checks the labels that the sink is cleared for.
func (c *compiler) checkClearance() {
	var known []string
	for _, class := range c.table.classes {
		known = append(known, string(class.Label()), string(class.Pseudo()))
	}
	for _, l := range c.env.Clearance {
		if !slices.Contains(known, l) {
			c.unclear = true
			c.faultAt(c.sinkAt(), CodeLabel, fmt.Sprintf("unknown label %q in clearance", l), strict.Suggest(l, known))
		}
	}
}

func (c *compiler) sinkAt() string { return cmp.Or(c.env.SinkAt, "sink "+c.env.Sink) }

// flow checks, before any record moves, that a stream may reach the sink.
func (c *compiler) flow(s *Stream) {
	s.Topic = stream.Topics{Workspace: c.env.Workspace}.Masked(s.Label, c.env.Connection, s.Name, max(1, c.env.Generations[s.Name]))
	at := cmp.Or(c.env.ConnectionAt, "connection "+c.env.Connection) + ": " + s.Name
	if n := len(s.Topic); n > stream.MaxTopicName {
		c.faultAt(at, CodeTopic, fmt.Sprintf("topic name has %d characters, Kafka takes %d", n, stream.MaxTopicName), "shorten the connection's or workspace's name")
	}
	if c.env.Sink == "" {
		return
	}
	if !c.unclear && !slices.Contains(c.env.Clearance, string(s.Label)) {
		c.faultAt(at, CodeClearance, fmt.Sprintf("label %s is not in the clearance of sink %s [%s]", s.Label, c.env.Sink, strings.Join(c.env.Clearance, " ")),
			c.clearanceHint(s))
	}
	if c.table.personal(c.classOf(s.Label)) {
		c.region("sink", c.sinkAt(), c.env.Region)
		for _, f := range c.env.Feeds {
			c.region("destination", f.At, f.Region)
		}
	}
}

func (c *compiler) classOf(l stream.Label) stream.Class {
	return stream.Class(strings.TrimSuffix(string(l), "-pseudo"))
}

// clearanceHint names the fields that hold the label up.
func (c *compiler) clearanceHint(s *Stream) string {
	class, state := c.classOf(s.Label), labelPseudo
	if s.Label == class.Label() {
		state = labelClear
	}
	var names []string
	for _, d := range s.Decisions {
		if d.Class == class && d.Label == state {
			names = append(names, fmt.Sprintf("%s: %s (%s)", d.Path, d.Operator, d.Where))
		}
	}
	const most = 5
	if n := len(names) - most; n > 0 {
		names = append(names[:most], fmt.Sprintf("and %d more", n))
	}
	return fmt.Sprintf("mask what is %s of class %s, or clear the sink for %s:\n%s", state, class, s.Label, strings.Join(names, "\n"))
}

// region checks that personal data stays where the laws keep it. A region is at
// home if one of the packs is the law there; the others then see no transfer by
// us, since the data was collected under several laws at once.
func (c *compiler) region(what, at, region string) {
	speaks := func(p packs.Pack) bool { return p.Home != nil }
	if !slices.ContainsFunc(c.packs, speaks) || len(c.packs) < len(c.policy.Packs) {
		return // no law says where, or one was not found and is told already
	}
	if region == "" {
		c.faultAt(at, CodeRegion, "personal data goes to a "+what+" that does not say where it is", "add region: to the "+what+", such as region: TH")
		return
	}
	var homes, mechanisms, laws []string
	for _, p := range c.packs {
		if p.Home == nil {
			continue
		}
		if slices.Contains(p.Home.Regions, region) {
			return
		}
		homes = append(homes, fmt.Sprintf("%s (%s)", strings.Join(first(p.Home.Regions, 6), ", "), p.Name))
		mechanisms = append(mechanisms, p.Home.Mechanisms...)
		laws = append(laws, fmt.Sprintf("%s %s", p.Name, p.Home.Section))
	}
	slices.Sort(mechanisms)
	mechanisms = slices.Compact(mechanisms)
	if text, ok := c.policy.Transfers.Get(region); ok {
		c.used["transfers."+region] = true
		word, _, _ := strings.Cut(text, " ")
		if !slices.Contains(mechanisms, strings.TrimSuffix(word, ",")) {
			c.fault("transfers."+region, CodeRegion, "the transfer names no mechanism first", "begin with one of: "+strings.Join(mechanisms, " "))
		}
		return
	}
	msg := fmt.Sprintf("region %s is not at home under %s", region, strings.Join(laws, " or "))
	if near := RegionCode(region); near != "" {
		c.faultAt(at, CodeRegion, msg, fmt.Sprintf("did you mean %s?", near))
		return
	}
	c.faultAt(at, CodeRegion, msg, fmt.Sprintf("use a %s in %s; or add to %s, with one of %s as mechanism:\n%s", what, strings.Join(homes, ", or in "), c.doc.Name,
		strings.Join(mechanisms, ", "), block("transfers", plain(region), `"<mechanism>, <reference>"`)))
}

// RegionCode is the ISO 3166-1 code of what is written in place of one: a country's
// name, or the code in small letters. It is "" for a code, and for anything else.
func RegionCode(s string) string {
	if s == "" {
		return "" // some codes have no name
	}
	names := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			r, err := language.ParseRegion(code)
			if err != nil || !r.IsCountry() || r.String() != code {
				continue
			}
			if code != s && (strings.EqualFold(code, s) || strings.EqualFold(names.Name(r), s)) {
				return code
			}
		}
	}
	return ""
}

func first(list []string, n int) []string {
	if len(list) > n {
		return append(slices.Clone(list[:n]), "…")
	}
	return list
}
