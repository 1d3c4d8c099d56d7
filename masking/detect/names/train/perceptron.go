package main

import (
	"math/rand/v2"
	"slices"

	"lethe/masking/detect/names/internal/tag"
)

// row is eight weights under training, with the sums for their average.
type row struct {
	w     [tag.Labels]int32
	total [tag.Labels]int64
	seen  int64 // the step up to which total is right
}

// trainer is an averaged perceptron over paths, in integers throughout.
type trainer struct {
	rows    []row
	steps   [tag.Labels]row
	now     int64
	tagger  *tag.Tagger
	rng     *rand.Rand
	feats   [][]uint32
	other   []uint32
	score   [][tag.Labels]int32
	back    [][tag.Labels]tag.Label
	guess   []tag.Label
	margin  int32 // what a wrong label must be worse by
	dark    int   // one in so many names is unknown to the lists
	unknown int   // one in so many other words is
}

func newTrainer(lex *tag.Lexicon, seed uint64) *trainer {
	t := &trainer{rows: make([]row, tag.Rows), tagger: tag.NewTagger(&tag.Model{Lexicon: lex}), margin: 14, dark: 3, unknown: 18,
		rng: rand.New(rand.NewPCG(seed, 0x6e616d6573))}
	return t
}

// epoch goes over the samples once, in an order of its own.
func (t *trainer) epoch(all []sample) (wrong, tokens int) {
	for _, i := range t.rng.Perm(len(all)) {
		w, n := t.learn(&all[i])
		wrong += w
		tokens += n
	}
	return wrong, tokens
}

// labels are the right labels of the tagger's tokens.
func labels(tokens []tag.Token, marks []mark) []tag.Label {
	out := make([]tag.Label, len(tokens))
	for _, m := range marks {
		first := true
		for i, k := range tokens {
			if k.Start >= m.end || k.End <= m.start {
				continue
			}
			switch {
			case m.label == tag.Facility || first:
				out[i] = m.label
			default:
				out[i] = m.label + 1
			}
			first = false
		}
	}
	return out
}

func (t *trainer) learn(s *sample) (wrong, tokens int) {
	t.tagger.Read(s.text, 0)
	toks := t.tagger.Tokens
	n := len(toks)
	gold := labels(toks, s.marks)
	rare := 1 // text that people wrote varies by itself
	if s.real {
		rare = 2
	}
	dark := t.darken(gold, rare)
	for len(t.feats) < n {
		t.feats = append(t.feats, nil)
	}
	if cap(t.score) < n {
		t.score, t.back, t.guess = make([][tag.Labels]int32, 2*n), make([][tag.Labels]tag.Label, 2*n), make([]tag.Label, 2*n)
	}
	score := t.score[:n]
	for i := range n {
		t.tagger.Salt = 0x5bd1e995
		f := t.tagger.Features(t.feats[i][:0], i)
		if dark {
			f = t.steady(f, i)
		}
		f = t.thin(f)
		t.feats[i] = f
		var sum [tag.Labels]int32
		for _, x := range f {
			w := &t.rows[x].w
			for k := range sum {
				sum[k] += w[k]
			}
		}
		for k := range sum {
			if tag.Label(k) != gold[i] {
				sum[k] += t.margin
			}
		}
		score[i] = sum
	}
	step := t.step()
	tag.Decode(score, t.back[:n], t.guess[:n], &step)
	t.now++
	for i := range n {
		g, p := gold[i], t.guess[i]
		if g != p {
			wrong++
			for _, x := range t.feats[i] {
				t.add(&t.rows[x], g, p)
			}
		}
		if i > 0 && (g != p || gold[i-1] != t.guess[i-1]) {
			t.add(&t.steps[gold[i-1]], g, 255)
			t.add(&t.steps[t.guess[i-1]], p, 254)
		}
	}
	return wrong, n
}

// thin drops one feature in four, others each time: no label may hang on a single
// one, since the next text lacks it.
func (t *trainer) thin(f []uint32) []uint32 {
	kept, bits := f[:0], uint64(0)
	for k, x := range f {
		if k%32 == 0 {
			bits = t.rng.Uint64()
		}
		if bits&3 != 0 {
			kept = append(kept, x)
		}
		bits >>= 2
	}
	return kept
}

// steady drops the features that change with the salt: they hang on words that
// the sample hides.
func (t *trainer) steady(f []uint32, i int) []uint32 {
	t.tagger.Salt = 0x1b873593
	t.other = t.tagger.Features(t.other[:0], i)
	out := f[:0]
	for k, x := range f {
		if x == t.other[k] {
			out = append(out, x)
		}
	}
	return out
}

// darken hides some of the words: whole names, and a few others so that to be
// unknown is no sign of a name.
func (t *trainer) darken(gold []tag.Label, rare int) (any bool) {
	on := false
	for i := range t.tagger.Tokens {
		switch {
		case gold[i] == tag.Out:
			on = t.rng.IntN(t.unknown*rare) == 0
		case i == 0 || !tag.Follows(gold[i-1], gold[i]) || gold[i] == tag.BeginPerson || gold[i] == tag.BeginPlace || gold[i] == tag.BeginOrg || gold[i-1] == tag.Out:
			on = t.rng.IntN(t.dark*rare) == 0
		}
		t.tagger.Tokens[i].Dark = on
		any = any || on
	}
	return any
}

// again begins with no weights, and keeps their sums: the model is the average of
// trainings in several orders.
func (t *trainer) again() {
	for _, rows := range [][]row{t.rows, t.steps[:]} {
		for i := range rows {
			t.settle(&rows[i])
			rows[i].w = [tag.Labels]int32{}
		}
	}
}

func (t *trainer) settle(r *row) {
	if d := t.now - r.seen; d > 0 {
		for k := range r.w {
			r.total[k] += d * int64(r.w[k])
		}
		r.seen = t.now
	}
}

// add moves a row towards one label and away from another; 254 and 255 stand
// for none.
func (t *trainer) add(r *row, up, down tag.Label) {
	t.settle(r)
	switch down {
	case 255:
		r.w[up]++
	case 254:
		r.w[up]--
	default:
		r.w[up]++
		r.w[down]--
	}
}

// step are the weights of labels that follow each other.
func (t *trainer) step() (out [tag.Labels][tag.Labels]int32) {
	for a := range tag.Label(tag.Labels) {
		for b := range tag.Label(tag.Labels) {
			if out[a][b] = t.steps[a].w[b]; !tag.Follows(a, b) {
				out[a][b] = -1 << 24
			}
		}
	}
	return out
}

// model averages the weights and makes them small: the scale lets all but one
// in two thousand of the weights fit a signed byte.
func (t *trainer) model() *tag.Model {
	var sizes []int64
	for i := range t.rows {
		t.settle(&t.rows[i])
		for _, x := range t.rows[i].total {
			if x != 0 {
				sizes = append(sizes, max(x, -x))
			}
		}
	}
	slices.Sort(sizes)
	unit := max(sizes[len(sizes)-1-len(sizes)/2000]/127, 1)
	m := &tag.Model{Rows: make([]uint64, tag.Rows), Lexicon: t.tagger.Model().Lexicon}
	for i := range t.rows {
		for k, x := range t.rows[i].total {
			m.Rows[i] |= uint64(byte(128+max(min(rounded(x, unit), 127), -127))) << (8 * k)
		}
	}
	for a := range t.steps {
		t.settle(&t.steps[a])
		for b, x := range t.steps[a].total {
			if m.Step[a][b] = int32(rounded(x, unit)); !tag.Follows(tag.Label(a), tag.Label(b)) {
				m.Step[a][b] = -1 << 24
			}
		}
	}
	return m
}

func rounded(x, unit int64) int64 {
	if x < 0 {
		return -((-x + unit/2) / unit)
	}
	return (x + unit/2) / unit
}
