package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Colours of series, each at least 4.5 to 1 against white and told apart without
// colour by the order of the legend.
var colours = [...]string{"#0b5563", "#a3420a", "#5b3a8c", "#2f6b1f", "#8a1c4a", "#4d5b66"}

// mark is a rectangle, a line or a text of a drawn chart, y downwards.
type mark struct {
	colour     string
	x, y, w, h float64
	points     [][2]float64 // a line
	text       string
	end        bool // the text ends at x
}

// Size of a drawn chart.
const (
	chartWidth  = 720.0
	chartHeight = 250.0
	chartLeft   = 80.0
	chartBottom = 44.0
	chartTop    = 14.0
)

// draw lays a chart out; each renderer paints the marks its own way.
func (c *Chart) draw(l Lang) []mark {
	top := c.highest()
	height, width := chartHeight-chartTop-chartBottom, chartWidth-chartLeft-10
	y := func(v float64) float64 { return chartTop + height*(1-v/top) }
	var out []mark
	for i := 0; i <= 4; i++ {
		v := top * float64(i) / 4
		out = append(out, mark{colour: "#c3ccd3", points: [][2]float64{{chartLeft, y(v)}, {chartLeft + width, y(v)}}},
			mark{colour: "#1a1f24", x: chartLeft - 6, y: y(v) + 4, text: tick(v), end: true})
	}
	step := width / float64(len(c.X))
	for i, x := range c.X {
		base := 0.0
		for k, s := range c.Series {
			if c.Lines {
				continue
			}
			wide := min(step*.7, 64)
			out = append(out, mark{colour: colours[k%len(colours)], x: chartLeft + step*(float64(i)+.5) - wide/2, w: wide, y: y(base + s.Y[i]), h: y(base) - y(base+s.Y[i])})
			base += s.Y[i]
		}
		if every := (len(c.X) + 7) / 8; i%every == 0 {
			out = append(out, mark{colour: "#1a1f24", x: chartLeft + step*(float64(i)+.5) - 32, y: chartHeight - chartBottom + 16, text: x})
		}
	}
	at := chartLeft
	for k, s := range c.Series {
		colour := colours[k%len(colours)]
		if c.Lines {
			var points [][2]float64
			for i, v := range s.Y {
				px := chartLeft + step*(float64(i)+.5)
				points = append(points, [2]float64{px, y(v)})
				out = append(out, mark{colour: colour, x: px - 2.5, y: y(v) - 2.5, w: 5, h: 5})
			}
			out = append(out, mark{colour: colour, points: points})
		}
		out = append(out, mark{colour: colour, x: at, y: chartHeight - 18, w: 11, h: 11}, mark{colour: "#1a1f24", x: at + 16, y: chartHeight - 8, text: s.Name.In(l)})
		at += 46 + 7*float64(len([]rune(s.Name.In(l))))
	}
	return out
}

// highest is the top of the scale: 1, 2 or 5 times a power of ten.
func (c *Chart) highest() float64 {
	top := 0.0
	for i := range c.X {
		sum := 0.0
		for _, s := range c.Series {
			if c.Lines {
				sum = max(sum, s.Y[i])
			} else {
				sum += s.Y[i]
			}
		}
		top = max(top, sum)
	}
	if c.Percent {
		return 100
	}
	if top <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(top)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*p >= top {
			return m * p
		}
	}
	return top
}

func tick(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', -1, 64) + " M"
	case v == math.Trunc(v):
		return grouped(int64(v))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// svg draws a chart for HTML.
func (c *Chart) svg(l Lang) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg role="img" aria-label="%s" viewBox="0 0 %g %g" xmlns="http://www.w3.org/2000/svg"><title>%s</title>`,
		html.EscapeString(c.alt(l)), chartWidth, chartHeight, html.EscapeString(c.Title.In(l)))
	for _, m := range c.draw(l) {
		switch {
		case m.text != "":
			anchor := "start"
			if m.end {
				anchor = "end"
			}
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" font-size="12" text-anchor="%s" fill="%s">%s</text>`, m.x, m.y, anchor, m.colour, html.EscapeString(m.text))
		case m.points != nil:
			b.WriteString(`<polyline fill="none" stroke-width="1.5" stroke="` + m.colour + `" points="`)
			for _, p := range m.points {
				fmt.Fprintf(&b, "%.1f,%.1f ", p[0], p[1])
			}
			b.WriteString(`"/>`)
		default:
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, m.x, m.y, m.w, m.h, m.colour)
		}
	}
	b.WriteString("</svg>")
	return b.String()
}

// alt says in words what a chart shows.
func (c *Chart) alt(l Lang) string {
	var parts []string
	for _, s := range c.Series {
		low, high, sum := math.Inf(1), math.Inf(-1), 0.0
		for _, v := range s.Y {
			low, high, sum = min(low, v), max(high, v), sum+v
		}
		switch {
		case c.Lines && low == high:
			parts = append(parts, fmt.Sprintf("%s: %s", s.Name.In(l), tick(low)))
			continue
		case c.Lines:
			parts = append(parts, fmt.Sprintf(Text{"%s: from %s to %s", "%s: ตั้งแต่ %s ถึง %s"}.In(l), s.Name.In(l), tick(low), tick(high)))
			continue
		}
		parts = append(parts, fmt.Sprintf(Text{"%s: %s in all, at most %s", "%s: รวม %s สูงสุด %s"}.In(l), s.Name.In(l), tick(sum), tick(high)))
	}
	return fmt.Sprintf(Text{"%s to %s. ", "%s ถึง %s "}.In(l), c.X[0], c.X[len(c.X)-1]) + strings.Join(parts, "; ") + "."
}
