// Package tag labels the tokens of a text as parts of persons, places and
// organisations by a linear model: hashed features, one row of eight small
// weights each, and the best path over the labels (Viterbi).
//
// Its words are token, feature, label and row. It knows nothing of findings or
// policies; the package names turns its labels into spans, and the trainer
// fills the rows. Everything between text and labels is integer arithmetic, so
// the labels are the same on every architecture (L6).
package tag

// Label is what a token is: outside, or the first or a later token of an
// entity. A facility (a station, a bridge, a stadium) has one label only.
type Label uint8

// The labels, in the order of the lanes of a row.
const (
	Out Label = iota
	BeginPerson
	InPerson
	BeginPlace
	InPlace
	BeginOrg
	InOrg
	Facility
	Labels = 8
)

// rowBits are the bits of a row's index: half of the rows are for Latin and
// other letters, half for Thai.
const rowBits = 20

// Rows is the number of rows of a model.
const Rows = 2 << rowBits

// never is the score of a label that may not follow another.
const never = -1 << 24

// Follows reports whether label b may follow a.
func Follows(a, b Label) bool {
	switch b {
	case InPerson, InPlace, InOrg:
		return a == b || a == b-1
	}
	return true
}

// Model is what the trainer makes and every Tagger shares; it never changes.
type Model struct {
	Rows    []uint64              // a row: eight weights of int8, biased by 128
	Step    [Labels][Labels]int32 // score of the second label after the first
	Lexicon *Lexicon
}

// Tagger labels one text at a time; its scratch is its own.
type Tagger struct {
	m      *Model
	Tokens []Token // of the window that was read last
	Labels []Label // one for each token
	Salt   uint32  // changes the identity of tokens in the dark
	score  [][Labels]int32
	back   [][Labels]Label
	feats  []uint32
	seg    segmenter
}

// NewTagger returns a Tagger over m.
func NewTagger(m *Model) *Tagger { return &Tagger{m: m} }

// Model returns what the tagger was made with.
func (t *Tagger) Model() *Model { return t.m }

// Tag reads a window of the text that starts at byte from, fills Tokens and
// Labels, and returns where the next window starts: len(text) at the end.
func (t *Tagger) Tag(text []byte, from int) int {
	next := t.Read(text, from)
	n := len(t.Tokens)
	t.grow(n)
	for i := range n {
		tok := &t.Tokens[i]
		if tok.code {
			t.score[i] = [Labels]int32{1: never, 2: never, 3: never, 4: never, 5: never, 6: never, 7: never}
			continue
		}
		t.feats = t.Features(t.feats[:0], i)
		t.score[i] = sum(t.m.Rows, t.feats)
	}
	t.decode()
	return next
}

// grow makes room for n tokens.
func (t *Tagger) grow(n int) {
	if cap(t.score) < n {
		t.score = make([][Labels]int32, n+n/2)
		t.back = make([][Labels]Label, n+n/2)
		t.Labels = make([]Label, n+n/2)
	}
	t.score, t.back, t.Labels = t.score[:n], t.back[:n], t.Labels[:n]
}

// sum adds the rows of the features: four lanes of 16 bits in each of two
// words, which 256 features cannot overflow. Whole numbers have one sum (L6).
func sum(rows []uint64, feats []uint32) (out [Labels]int32) {
	const lanes = 0x00ff00ff00ff00ff
	var even, odd uint64
	for _, f := range feats {
		r := rows[f&(Rows-1)]
		even += r & lanes
		odd += r >> 8 & lanes
	}
	bias := int32(len(feats)) * 128
	for k := 0; k < Labels; k += 2 {
		out[k] = int32(uint16(even>>(8*k))) - bias
		out[k+1] = int32(uint16(odd>>(8*k))) - bias
	}
	return out
}

// decode finds the best path through t.score into t.Labels. t.score then holds
// the path's scores up to each token and label.
func (t *Tagger) decode() { Decode(t.score, t.back, t.Labels, &t.m.Step) }

// Decode is the best path over scores, which it turns into sums along it.
func Decode(score [][Labels]int32, back [][Labels]Label, labels []Label, step *[Labels][Labels]int32) {
	n := len(score)
	if n == 0 {
		return
	}
	for _, in := range [...]Label{InPerson, InPlace, InOrg} {
		score[0][in] += never
	}
	for i := 1; i < n; i++ {
		prev, cur := &score[i-1], &score[i]
		for b := range Label(Labels) {
			best, from := prev[0]+step[0][b], Label(0)
			for a := Label(1); a < Labels; a++ {
				if s := prev[a] + step[a][b]; s > best {
					best, from = s, a
				}
			}
			back[i][b] = from
			cur[b] += max(best, never)
		}
	}
	last := Label(0)
	for b := range Label(Labels) {
		if score[n-1][b] > score[n-1][last] {
			last = b
		}
	}
	for i := n - 1; i >= 0; i-- {
		labels[i] = last
		last = back[i][last]
	}
}

// Margin is how much the label of token i was worth above its being outside,
// by the token's own features.
func (t *Tagger) Margin(i int) int32 {
	t.feats = t.Features(t.feats[:0], i)
	own := sum(t.m.Rows, t.feats)
	return own[t.Labels[i]] - own[Out]
}

// Continues reports whether a token with label next belongs to the entity that
// a token with label begin started.
func Continues(begin, next Label) bool {
	switch begin {
	case BeginPerson, BeginPlace, BeginOrg:
		return next == begin+1
	}
	return begin == next && next != Out
}
