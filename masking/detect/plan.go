package detect

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed plans.txt
var planText string

// plan is how telephone numbers of a country are written.
type plan struct {
	country string
	trunk   string // before a number inside the country
}

// planSet is a set of numbering plans.
type planSet [2]uint64

func (s *planSet) add(plan int)         { s[plan>>6] |= 1 << (plan & 63) }
func (s planSet) has(plan int) bool     { return s[plan>>6]>>(plan&63)&1 != 0 }
func (s planSet) and(o planSet) planSet { return planSet{s[0] & o[0], s[1] & o[1]} }
func (s planSet) some() bool            { return s[0]|s[1] != 0 }

// The lengths of numbers without trunk prefix and country code.
const (
	shortestOwn = 6
	longestOwn  = 15
)

// plans are all numbering plans.
type plans struct {
	national []plan
	holders  [1000][longestOwn - shortestOwn + 1]planSet // by first digits and length
	byCode   [1000]struct {                              // by calling code
		lengths uint16
		plan    int16 // in national, +1; 0 is none
	}
	writers                    // by the sizes of groups
	without planSet            // a trunk prefix
	behind0 planSet            // have that
	behind  [10]planSet        // have 0 and this digit
	of      map[string]planSet // by country
}

// holding are the plans that have a number without its trunk prefix.
func (p *plans) holding(digits []byte) (s planSet) {
	if len(digits) < shortestOwn || len(digits) > longestOwn {
		return s
	}
	return p.holders[int(digits[0]-'0')*100+int(digits[1]-'0')*10+int(digits[2]-'0')][len(digits)-shortestOwn]
}

// writers are the plans that group numbers so, by the sizes of the groups, a
// hexadecimal digit each.
type writers [1 << 10]struct {
	sizes uint64
	plans planSet
}

// at is where the plans of sizes are, or would be.
func (w *writers) at(sizes uint64) int {
	at := int(sizes * odd >> 54)
	for w[at].sizes != 0 && w[at].sizes != sizes {
		at = (at + 1) % len(w)
	}
	return at
}

// writing are the plans that group numbers so.
func (p *plans) writing(sizes uint64) planSet { return p.writers[p.writers.at(sizes)].plans }

func readPlans() *plans {
	p := &plans{of: map[string]planSet{}}
	for line := range strings.Lines(planText) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "#":
		case fields[0] == "CODES":
			for _, f := range fields[1:] {
				code, lengths, _ := strings.Cut(f, ":")
				n, _ := strconv.Atoi(code)
				p.byCode[n].lengths = lengthsOf(lengths)
			}
		default:
			n, _ := strconv.Atoi(fields[1])
			p.byCode[n].plan = int16(len(p.national) + 1)
			p.read(fields)
		}
	}
	return p
}

// read adds the plan of a line.
func (p *plans) read(fields []string) {
	n := len(p.national)
	own := plan{country: fields[0], trunk: strings.Trim(fields[2], "-")}
	p.national = append(p.national, own)
	switch {
	case own.trunk == "":
		p.without.add(n)
	case own.trunk == "0":
		p.behind0.add(n)
	case own.trunk[0] == '0' && len(own.trunk) == 2:
		p.behind[own.trunk[1]-'0'].add(n)
	}
	same := p.of[own.country]
	same.add(n)
	p.of[own.country] = same
	for _, s := range strings.Split(fields[3], ",") {
		sizes, _ := strconv.ParseUint(s, 16, 64)
		w := &p.writers[p.writers.at(sizes)]
		w.sizes = sizes
		w.plans.add(n)
	}
	for _, f := range fields[4:] {
		digits, hex, _ := strings.Cut(f, ":")
		from, to, ok := strings.Cut(digits, "-")
		if !ok {
			to = from
		}
		low, _ := strconv.Atoi(from)
		high, _ := strconv.Atoi(to)
		lengths := lengthsOf(hex)
		for i := low; i <= high; i++ {
			for size := range p.holders[i] {
				if lengths>>(size+shortestOwn)&1 != 0 {
					p.holders[i][size].add(n)
				}
			}
		}
	}
}

func lengthsOf(hex string) (lengths uint16) {
	for _, c := range []byte(hex) {
		lengths |= 1 << hexValue[c]
	}
	return lengths
}
