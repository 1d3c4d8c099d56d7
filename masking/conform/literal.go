package conform

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"lethe/stream/scan"
)

// literals are the values that enum or const names.
type literals struct {
	keyword       string
	null, yes, no bool
	few           []string        // texts, where they are few
	texts         map[string]bool // all of them
	numbers       []number
	containers    [][]byte // arrays and objects, as JSON
}

func literalsOf(keyword string, values []any) *literals {
	l := &literals{keyword: keyword, texts: map[string]bool{}}
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			l.null = true
		case bool:
			l.yes, l.no = l.yes || v, l.no || !v
		case string:
			l.texts[v] = true
		case json.Number:
			l.numbers = append(l.numbers, numberOf([]byte(v)))
		default:
			l.containers = append(l.containers, jsonOf(v))
		}
	}
	if len(l.texts) <= fewTexts {
		l.few = slices.Sorted(maps.Keys(l.texts))
	}
	return l
}

// fewTexts is how many texts are compared one by one sooner than one is looked up.
const fewTexts = 8

// word reports whether true, false or null is one of them, by its first letter.
func (l *literals) word(first byte) bool {
	switch first {
	case 't':
		return l.yes
	case 'f':
		return l.no
	}
	return l.null
}

func (l *literals) text(s []byte) bool {
	if len(l.texts) > fewTexts {
		return l.texts[string(s)]
	}
	for _, t := range l.few {
		if string(s) == t {
			return true
		}
	}
	return false
}

func (l *literals) number(x *number) bool {
	for k := range l.numbers {
		if x.compare(&l.numbers[k]) == 0 {
			return true
		}
	}
	return false
}

// container reports whether the array or object at src[i] is one of them.
func (l *literals) container(c *Checker, src []byte, i int) bool {
	for _, text := range l.containers {
		if text[0] == src[i] && c.same(text, 0, src, i) {
			return true
		}
	}
	return false
}

// same reports whether the value at a[i], of a schema, and the one at src[j] are
// equal.
func (c *Checker) same(a []byte, i int, src []byte, j int) bool {
	if a[i] == '{' && src[j] == '{' {
		return c.sameMembers(a, i, src, j)
	}
	if a[i] == '[' && src[j] == '[' {
		return c.sameElements(a, i, src, j)
	}
	same, known := c.sameScalar(a, i, src, j)
	return same && known
}

// after passes over the value at src[i] and the comma or bracket behind it.
func after(src []byte, i int) (next int, more bool) {
	i = scan.Space(src, scan.Value(src, i, scan.MaxDepth))
	return scan.Space(src, i+1), src[i] == ','
}

func (c *Checker) sameElements(a []byte, i int, src []byte, j int) bool {
	i, j = scan.Space(a, i+1), scan.Space(src, j+1)
	if a[i] == ']' || src[j] == ']' {
		return a[i] == src[j]
	}
	for {
		if !c.same(a, i, src, j) {
			return false
		}
		var moreA, more bool
		i, moreA = after(a, i)
		j, more = after(src, j)
		if !moreA || !more {
			return moreA == more
		}
	}
}

// sameMembers looks up every member of the schema's object, whose names differ.
func (c *Checker) sameMembers(a []byte, i int, src []byte, j int) bool {
	i = scan.Space(a, i+1)
	if a[i] == '}' {
		return src[scan.Space(src, j+1)] == '}'
	}
	if members(a, i) != members(src, scan.Space(src, j+1)) {
		return false
	}
	for more := true; more; {
		value := pastName(a, i)
		at := c.find(src, scan.Space(src, j+1), a, i)
		if at < 0 || !c.same(a, value, src, at) {
			return false
		}
		i, more = after(a, value)
	}
	return true
}

// pastName is where the value of the member at src[i] begins.
func pastName(src []byte, i int) int {
	end, _ := scan.String(src, i)
	return scan.Space(src, scan.Colon(src, end))
}

// members counts the members from the one at src[i] to the end of its object.
func members(src []byte, i int) (n int) {
	if src[i] == '}' {
		return 0
	}
	for more := true; more; n++ {
		i, more = after(src, pastName(src, i))
	}
	return n
}

// find returns where the value of the member begins that is called as the one at
// a[k] is, looking from the member at src[i]; -1 for none.
func (c *Checker) find(src []byte, i int, a []byte, k int) int {
	for more := src[i] != '}'; more; {
		value := pastName(src, i)
		if same, _ := c.sameScalar(src, i, a, k); same {
			return value
		}
		i, more = after(src, value)
	}
	return -1
}

// sameScalar reports whether two scalars are equal; not known of numbers beyond
// all reason.
func (c *Checker) sameScalar(a []byte, i int, b []byte, j int) (same, known bool) {
	switch {
	case a[i] == '"' && b[j] == '"':
		endA, escapedA := scan.String(a, i)
		endB, escapedB := scan.String(b, j)
		textA, textB := a[i+1:endA-1], b[j+1:endB-1]
		if escapedA {
			c.text = scan.AppendText(c.text[:0], textA)
			textA = c.text
		}
		if escapedB {
			c.other = scan.AppendText(c.other[:0], textB)
			textB = c.other
		}
		return bytes.Equal(textA, textB), true
	case isDigit(a[i]) && isDigit(b[j]):
		endA, _ := scan.Number(a, i)
		endB, _ := scan.Number(b, j)
		var x, y number
		okX := c.read(&x, a[i:endA])
		if !x.small {
			c.text = append(c.text[:0], x.digits...) // c.digits is used again
			x.digits = c.text
		}
		okY := c.read(&y, b[j:endB])
		return x.compare(&y) == 0, okX && okY
	}
	return a[i] == b[j] && a[i] != '{' && a[i] != '[', true
}

// isDigit reports whether a number may begin with c.
func isDigit(c byte) bool { return c == '-' || c-'0' <= 9 }
