package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lethe/cmd/internal/pipe"
	"lethe/masking/detect"
	"lethe/stream/scan"
)

const detectUsage = `usage: lethe detect [--entities LIST] [--no-names] [--text] [--why] [--column NAME] [--beside LIST] [--json]

Finds personal data in texts from standard input. A line is a JSON object with a
text and an id, {"id": "7", "text": "..."}; what is said of it is another, in the
same order: {"id":"7","spans":[[5,24,"EMAIL_ADDRESS",0.9]],"unit":"byte"}. Spans are
half open and count bytes of the text in UTF-8, without JSON's escapes. A line
without an id has its number for one; empty lines are skipped.

A line that cannot be read is told on standard error, the others are worked on,
and the exit code is 2. What is not found is not said not to be there: names above
all can be missed.

  --entities LIST  what to look for, such as EMAIL_ADDRESS,PERSON; by default all
  --no-names       leave out persons, places and organisations: four times as fast
  --text           lines are texts, not JSON
  --why            add to each span why it was found
  --column NAME    lines are values of a column of that name: say what it is about,
                   with the evidence
  --beside LIST    with --column: the names of the columns beside it
  --json           with --column: print it as JSON

Entities:
`

// detectHelp is the usage of detect, and every entity.
func detectHelp() string {
	var b strings.Builder
	b.WriteString(detectUsage)
	for _, e := range detect.Entities() {
		fmt.Fprintf(&b, "  %-24s %s\n", e.Name, e.About)
	}
	return b.String()
}

func detectText(ctx context.Context, io console, args []string) error {
	f := newFlags(detectHelp())
	f.JSON()
	entities := f.String("entities", "", "")
	noNames := f.Bool("no-names", false, "")
	plainText := f.Bool("text", false, "")
	why := f.Bool("why", false, "")
	column := f.String("column", "", "")
	beside := f.String("beside", "", "")
	if err := f.noDir(io, args); err != nil {
		return err
	}
	if *column != "" {
		return classify(ctx, io, *column, listed(*beside))
	}
	finder, err := detect.New(detect.Options{Entities: listed(*entities), Names: !*noNames})
	if err != nil {
		return err
	}
	broken := brokenLines{to: io, first: f.first(), could: "read"}
	_, err = pipe.Job{In: io.in, Out: unfitted(io.out), Refused: broken.tell, New: func() (pipe.Worker, error) {
		d := detector{finder: finder.Clone(), plain: *plainText, why: *why}
		return pipe.Each(d.line), nil
	}}.Run(ctx)
	return errors.Join(piped(err), broken.fault())
}

// listed are the texts between commas.
func listed(s string) (out []string) {
	for _, p := range strings.Split(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// detector finds in the lines of one goroutine.
type detector struct {
	finder *detect.Finder
	plain  bool // lines are texts
	why    bool
	scan   scan.Scanner
	text   []byte
	found  []detect.Finding
}

// line is a [pipe.Each].
func (d *detector) line(dst, line []byte, number int) ([]byte, error) {
	text, id := line, []byte(nil)
	if !d.plain {
		var err error
		if text, id, err = d.read(line); err != nil {
			return dst, err
		}
	}
	dst = append(dst, `{"id":`...)
	if id != nil {
		dst = append(dst, id...)
	} else {
		dst = strconv.AppendInt(dst, int64(number), 10)
	}
	dst = append(dst, `,"spans":[`...)
	d.found = d.finder.Find(d.found[:0], text)
	for i, f := range d.found {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, '['), int64(f.Start), 10)
		dst = strconv.AppendInt(append(dst, ','), int64(f.End), 10)
		dst = append(append(append(dst, `,"`...), f.Entity...), `",`...)
		dst = strconv.AppendFloat(dst, float64(f.Score), 'g', -1, 32)
		if d.why {
			dst = scan.AppendQuoted(append(dst, ','), []byte(f.Why))
		}
		dst = append(dst, ']')
	}
	return append(dst, "],\"unit\":\"byte\"}\n"...), nil
}

// Why a line cannot be read.
var (
	errNoObject = errors.New("want a JSON object with a text; for plain text, one a line: --text")
	errNoText   = errors.New(`want "text" once, and a string`)
	errNoID     = errors.New(`want "id" once, and a string or number`)
)

// read returns the text of a line and its id as it is written, nil if it has none.
func (d *detector) read(line []byte) (text, id []byte, _ error) {
	d.scan.Reset(line)
	more, err := d.scan.Enter('{')
	seen := false
	for ; more && err == nil; more, err = d.scan.More('{') {
		var name scan.Text
		var value []byte
		if name, err = d.scan.Name(); err != nil {
			break
		}
		if value, err = d.scan.Skip(); err != nil {
			break
		}
		switch string(name.Raw) {
		case "text":
			if seen || value[0] != '"' {
				return nil, nil, errNoText
			}
			d.text, seen = scan.AppendText(d.text[:0], value[1:len(value)-1]), true
		case "id":
			if id != nil || !strings.ContainsRune(`"-0123456789`, rune(value[0])) {
				return nil, nil, errNoID
			}
			id = value
		}
	}
	if err != nil || d.scan.End() != nil {
		return nil, nil, errNoObject
	}
	if !seen {
		return nil, nil, errNoText
	}
	return d.text, id, nil
}

// mostValues is how many values say enough about a column.
const mostValues = 100_000

// classify says what a column is about.
func classify(ctx context.Context, io console, name string, beside []string) error {
	values, err := firstLines(ctx, io.in, mostValues)
	if err != nil {
		return err
	}
	type view struct {
		Element string  `json:"element"`
		Entity  string  `json:"entity,omitempty"`
		Share   float32 `json:"share"`
		Why     string  `json:"why"`
	}
	views := []view{}
	for _, s := range detect.Column(name, values, beside) {
		views = append(views, view(s))
	}
	if *io.json {
		return showJSON(io, struct {
			Column      string `json:"column"`
			Values      int    `json:"values"`
			Suggestions []view `json:"suggestions"`
		}{name, len(values), views})
	}
	if len(views) == 0 {
		tellf(io.out, "%s: nothing found in %s; a person has to say what it is about\n", name, count(len(values), "value"))
	}
	for _, v := range views {
		tellf(io.out, "%s: %s, %s (%.0f %% of %s)\n", name, v.Element, evidenceOf(v.Entity, v.Why), 100*v.Share, count(len(values), "value"))
	}
	return nil
}

// evidenceOf says why a column's values speak for an element, without any of them.
func evidenceOf(entity, why string) string {
	if entity == "" {
		return why
	}
	return "detector " + entity + ": " + why
}
