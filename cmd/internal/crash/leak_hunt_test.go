//go:build linux

package crash

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// shortest is how long a value must be to be hunted: shorter ones are found by
// chance.
const shortest = 8

// haystack is what was written.
type haystack struct{ places []place }

type place struct {
	name string
	text []byte
}

func (h *haystack) add(name string, b []byte) { h.places = append(h.places, place{name, b}) }

func (h *haystack) size() (n int) {
	for _, p := range h.places {
		n += len(p.text)
	}
	return n
}

// form is one way in which a value may have been written.
type form struct{ how, text string }

func forms(value string) []form {
	var html, plain bytes.Buffer
	json.NewEncoder(&html).Encode(value)
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	e.Encode(value)
	inner := func(b bytes.Buffer) string { return strings.Trim(strings.TrimSpace(b.String()), `"`) }
	lower := hex.EncodeToString([]byte(value))
	out := []form{{"bytes", value}, {"JSON", inner(plain)}, {"JSON for HTML", inner(html)},
		{"JSON with slashes", strings.ReplaceAll(inner(plain), "/", `\/`)},
		{"hex", lower}, {"HEX", strings.ToUpper(lower)}}
	for _, digits := range []string{`\u%04x`, `\u%04X`} {
		var all, foreign strings.Builder
		for _, c := range utf16.Encode([]rune(value)) {
			fmt.Fprintf(&all, digits, c)
		}
		for _, c := range utf16.Encode([]rune(inner(plain))) {
			if c < 0x80 {
				foreign.WriteByte(byte(c))
			} else {
				fmt.Fprintf(&foreign, digits, c)
			}
		}
		out = append(out, form{"JSON escapes", all.String()}, form{"JSON in ASCII", foreign.String()})
	}
	for skip := range 3 {
		// base64 of the value wherever in a group of three it begins: the groups
		// that are whole, so that padding does not matter.
		whole := value[skip:]
		whole = whole[:len(whole)/3*3]
		out = append(out, form{"base64", base64.StdEncoding.EncodeToString([]byte(whole))},
			form{"base64 for URLs", base64.URLEncoding.EncodeToString([]byte(whole))})
	}
	return out
}

// hunter finds many values in one pass over a text: by the first eight bytes of
// every form, then by the form itself.
type hunter struct {
	needles []needle
	filter  [1 << 18]uint64
	lengths map[uint64][]int // of the forms that begin so
	forms   map[string]match
}

type match struct {
	needle int
	how    string
}

func (h *hunter) slot(x uint64) (word, bit uint64) {
	x = x * 0x9E3779B97F4A7C15 >> 40
	return x >> 6, 1 << (x & 63)
}

func newHunter(needles []needle) *hunter {
	h := &hunter{needles: needles, lengths: make(map[uint64][]int), forms: make(map[string]match)}
	for i, n := range needles {
		for _, f := range forms(n.value) {
			if len(f.text) < shortest {
				continue
			}
			if _, known := h.forms[f.text]; known {
				continue
			}
			h.forms[f.text] = match{i, f.how}
			x := binary.LittleEndian.Uint64([]byte(f.text))
			if !slices.Contains(h.lengths[x], len(f.text)) {
				h.lengths[x] = append(h.lengths[x], len(f.text))
			}
			word, bit := h.slot(x)
			h.filter[word] |= bit
		}
	}
	return h
}

// search reports every form of every needle, in one pass.
func (h *haystack) search(all *hunter, report func(needle int, place, how string)) {
	for _, p := range h.places {
		var x uint64 // the eight bytes that end here
		for end, b := range p.text {
			x = x>>8 | uint64(b)<<56
			if word, bit := all.slot(x); all.filter[word]&bit == 0 || end < 7 {
				continue
			}
			at := end - 7
			for _, n := range all.lengths[x] {
				if at+n > len(p.text) {
					continue
				}
				if m, ok := all.forms[string(p.text[at:at+n])]; ok {
					report(m.needle, p.name, m.how)
				}
			}
		}
	}
}

func TestTheHuntFindsAValueHoweverItIsWritten(t *testing.T) {
	const value = "canary \"x\" \\ ñ ก/<é?>~ of a hunt"
	quoted, _ := json.Marshal(value)
	ways := map[string]string{"bytes": value, "JSON": string(quoted),
		"JSON in ASCII": `canary \"x\" \\ \u00f1 \u0e01/<\u00e9?>~ of a hunt`,
		"hex":           hex.EncodeToString([]byte(value)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(value)))}
	for i, before := range []string{"", "x", "xy"} {
		for name, e := range map[string]*base64.Encoding{"std": base64.StdEncoding, "URL": base64.URLEncoding, "raw": base64.RawStdEncoding, "raw URL": base64.RawURLEncoding} {
			ways[fmt.Sprint("base64 ", name, " at ", i)] = e.EncodeToString([]byte(before + value + "z"))
		}
	}
	all := newHunter([]needle{{"a", "another value"}, {"x", value}})
	for how, text := range ways {
		found := -1
		(&haystack{[]place{{"", []byte("noise " + text + " noise")}}}).search(all, func(i int, _, _ string) { found = i })
		if found != 1 {
			t.Errorf("not found as %s", how)
		}
	}
}
