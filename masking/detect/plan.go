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
	trunk   string   // before a number inside the country
	sizes   []uint64 // of the groups, a hexadecimal digit each
	valid   [1000]uint16
}

// plans are all numbering plans.
type plans struct {
	national []plan
	index    [1000][]int16  // of national, by first digits
	byCode   [1000]struct { // by calling code
		lengths uint16
		plan    int16 // in national, +1; 0 is none
	}
}

// holds reports whether a number without its trunk prefix is of the plan.
func (p *plan) holds(digits []byte) bool {
	if len(digits) < 6 || len(digits) > 15 {
		return false
	}
	return p.valid[int(digits[0]-'0')*100+int(digits[1]-'0')*10+int(digits[2]-'0')]>>len(digits)&1 != 0
}

// writes reports whether numbers of the plan are grouped so.
func (p *plan) writes(sizes uint64) bool {
	for _, s := range p.sizes {
		if s == sizes {
			return true
		}
	}
	return false
}

// holders lists the plans that have numbers with these first digits.
func (p *plans) holders(digits []byte) []int16 {
	return p.index[int(digits[0]-'0')*100+int(digits[1]-'0')*10+int(digits[2]-'0')]
}

func readPlans() *plans {
	p := &plans{}
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
			p.national = append(p.national, readPlan(fields))
			for i, lengths := range p.national[len(p.national)-1].valid {
				if lengths != 0 {
					p.index[i] = append(p.index[i], int16(len(p.national)-1))
				}
			}
		}
	}
	return p
}

func readPlan(fields []string) plan {
	p := plan{country: fields[0], trunk: strings.Trim(fields[2], "-")}
	for _, s := range strings.Split(fields[3], ",") {
		n, _ := strconv.ParseUint(s, 16, 64)
		p.sizes = append(p.sizes, n)
	}
	for _, f := range fields[4:] {
		digits, lengths, _ := strings.Cut(f, ":")
		from, to, ok := strings.Cut(digits, "-")
		if !ok {
			to = from
		}
		low, _ := strconv.Atoi(from)
		high, _ := strconv.Atoi(to)
		for i := low; i <= high; i++ {
			p.valid[i] |= lengthsOf(lengths)
		}
	}
	return p
}

func lengthsOf(hex string) (lengths uint16) {
	for _, c := range []byte(hex) {
		lengths |= 1 << hexValue[c]
	}
	return lengths
}
