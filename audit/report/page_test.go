package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// contrast is the ratio of WCAG 2.2 between a colour and another.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(colour string) float64 {
		var rgb [3]int
		if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
			t.Fatalf("%s: %v", colour, err)
		}
		sum := 0.0
		for i, c := range rgb {
			v := float64(c) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += v * [...]float64{0.2126, 0.7152, 0.0722}[i]
		}
		return sum
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextAndChartsStandOutFromWhatIsBehindThem(t *testing.T) {
	texts := append([]string{ink, faint, accent}, colours[:]...)
	for _, m := range regexp.MustCompile(`[{;]color:(#[0-9a-f]{6})`).FindAllStringSubmatch(sheet, -1) {
		texts = append(texts, m[1])
	}
	if len(texts) < 10 {
		t.Fatalf("only %d colours were found", len(texts))
	}
	for _, c := range texts {
		for _, behind := range []string{"#ffffff", shade, warn, "#f5f7f8"} {
			if behind != "#ffffff" && (c != ink && c != faint) {
				continue // those alone stand on it
			}
			if r := contrast(t, c, behind); r < 4.5 {
				t.Errorf("%s on %s: %.2f to 1", c, behind, r)
			}
		}
	}
}

// A page needs nothing from anywhere and runs nothing, which its policy says; and who
// hears it instead of seeing it gets its order, its languages and its tables.
func TestAPageCanBeHeardAndFetchesNothing(t *testing.T) {
	for _, k := range Kinds() {
		d, err := Make(k, invented())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range Langs() {
			var b bytes.Buffer
			if err := d.HTML(&b, l); err != nil {
				t.Fatal(err)
			}
			name, html := k.Name+" in "+string(l), b.String()
			style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(html)
			sum := sha256.Sum256([]byte(style[1]))
			if !strings.Contains(html, "style-src &#39;sha256-"+strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;")) {
				t.Errorf("%s: the policy does not name the sheet", name)
			}
			rest := strings.Replace(html, style[1], "", 1)
			for _, bad := range []string{"<script", " style=", "javascript:", "<link", "<img", "@import", "ZgotmplZ"} {
				if strings.Contains(rest, bad) {
					t.Errorf("%s has %s", name, bad)
				}
			}
			for _, address := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(rest, -1) {
				if !strings.HasPrefix(address[1], "#") {
					t.Errorf("%s fetches %s", name, address[1])
				}
			}
			headings := regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(rest, -1)
			if len(headings) < 3 || headings[0][1] != "1" {
				t.Errorf("%s: headings %v", name, headings)
			}
			for _, h := range headings[1:] {
				if h[1] != "2" {
					t.Errorf("%s: a heading of level %s below the title", name, h[1])
				}
			}
			if !strings.Contains(rest, `<html lang="`+string(l)+`">`) || strings.Contains(rest, "<th>") {
				t.Errorf("%s: no language, or a head without scope", name)
			}
			if strings.Count(rest, "<svg ") != strings.Count(rest, `<svg role="img" aria-label="`) || strings.Count(rest, "<table>") != strings.Count(rest, "<caption>") {
				t.Errorf("%s: a chart or a table that says nothing of itself", name)
			}
		}
	}
}

func TestNumbersAreSaidAsPeopleSayThem(t *testing.T) {
	for n, want := range map[int]string{0: "0 entries", 1: "1 entry", 12_345: "12\u00a0345 entries"} {
		if got := several(n, "entry"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := several(2, "day") + several(2, "leaf") + several(-1234, "row"); got != "2 days2 leaves−1\u00a0234 rows" {
		t.Errorf("%q", got)
	}
}
