package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"lethe/audit/report/paper"
)

//go:embed page.css
var sheet string

//go:embed page.html
var page string

// HTML writes one file that needs nothing beside it: no script, font or picture from
// anywhere, which its content security policy says too. Where it has Thai letters, as names
// of columns may be in an English one, it carries the fonts.
func (d *Document) HTML(out io.Writer, l Lang) error {
	var b bytes.Buffer
	if err := d.html(&b, l, sheet); err != nil {
		return err
	}
	if bytes.ContainsFunc(b.Bytes(), func(r rune) bool { return unicode.Is(unicode.Thai, r) }) {
		return d.html(out, l, sheet+carried())
	}
	_, err := b.WriteTo(out)
	return err
}

func (d *Document) html(out io.Writer, l Lang, sheet string) error {
	sum := sha256.Sum256([]byte(sheet))
	t, err := template.New("page").Funcs(template.FuncMap{
		"t":     func(t Text) string { return t.In(l) },
		"p":     func(t *Text) string { return t.In(l) },
		"w":     func(k string) string { return words(k).In(l) },
		"cell":  func(c Cell) string { return c.show(l) },
		"class": Column.class,
		"lang":  func(c Cell) Lang { return c.lang(l) },
		"svg":   func(c *Chart) template.HTML { return template.HTML(c.svg(l)) },
		"alt":   func(c *Chart) string { return c.alt(l) },
		"when":  when,
		"short": func(s string) string { return s[:min(len(s), 16)] },
		"n":     grouped[int64],
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(out, struct {
		*Document
		Lang  Lang
		Span  Text
		Sheet template.CSS
		// Attached are the checkpoint and the proofs, for programs.
		Attached string
		Policy   string
	}{d, l, d.span(), template.CSS(sheet), string(d.attachment()), "default-src 'none'; font-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"})
}

// carried are the fonts, for readers whose machine has none with Thai letters.
func carried() string {
	var b strings.Builder
	plain, heavy := paper.Fonts()
	for i, data := range [][]byte{plain, heavy} {
		fmt.Fprintf(&b, "@font-face{font-family:Sarabun;font-weight:%d;src:url(data:font/ttf;base64,%s)}\n", []int{400, 700}[i], base64.StdEncoding.EncodeToString(data))
	}
	return b.String()
}

// class is how a cell of the column is set: long names may break where the column is
// a wide one.
func (col Column) class(c Cell) string {
	switch {
	case c.N != nil:
		return "number"
	case c.when:
		return "when"
	case c.code && col.Wide > 2:
		return "path"
	}
	return ""
}

// lang is the language that a cell is in: words of rules and packs are English.
func (c Cell) lang(l Lang) Lang {
	if c.Text.TH == "" && c.N == nil {
		return English
	}
	return l
}

// span is the range in words.
func (d *Document) span() Text {
	switch {
	case d.From.IsZero() && d.To.IsZero():
		return Text{"the whole log", "ทั้งบันทึก"}
	case d.To.IsZero():
		return Text{"since " + when(d.From), "ตั้งแต่ " + when(d.From)}
	case d.From.IsZero():
		return Text{"before " + when(d.To), "ก่อน " + when(d.To)}
	}
	return Text{when(d.From) + " to " + when(d.To), when(d.From) + " ถึง " + when(d.To)}
}

// when shows a time.
func when(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// grouped writes a number with a space between groups of three digits.
func grouped[T ~int64 | ~int](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:] // it is not broken there
	}
	if neg {
		s = "−" + s
	}
	return s
}

// several is "1 field", "2 fields".
func several[T ~int64 | ~int](n T, one string) string {
	switch stem, y := strings.CutSuffix(one, "y"); {
	case n == 1:
	case one == "leaf":
		one = "leaves"
	case one == "batch":
		one = "batches"
	case y && one != "day":
		one = stem + "ies"
	default:
		one += "s"
	}
	return grouped(n) + " " + one
}
