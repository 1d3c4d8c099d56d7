// Package names finds persons, places and organisations in free text by a small
// model of our own.
//
// Its words are finder, span and entity. It reads Latin script and Thai, mixed
// as they come, and knows nothing of patterns with check digits, of policies or
// of columns. The model (model.bin.gz) is made by the command in train and holds
// no text: hashes of words and weights. What it finds is likely, never certain:
// a name can pass (as the README says of detect), and the score tells how clear a case
// was.
//
// A text gives the same spans on every architecture: between its bytes and the
// labels there is integer arithmetic only (L6).
package names

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"sync"

	"lethe/masking/detect/names/internal/tag"
)

//go:generate go run ./train -out model.bin.gz

//go:embed model.bin.gz
var file []byte

// shared decodes the embedded model once: 50 ms and 20 MB that all finders share.
var shared = sync.OnceValue(func() *tag.Model {
	m, err := tag.DecodeModel(file)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return m
})

// Version is the SHA-256 of the model in hex: one model finds the same names on
// every machine (L6).
func Version() string { return version() }

var version = sync.OnceValue(func() string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
})

// The entities of spans, named as Presidio names them.
const (
	Person       = "PERSON"
	Location     = "LOCATION"
	Organization = "ORGANIZATION"
)

// Span is where a name stands: a half-open range of bytes of the text.
type Span struct {
	Start, End int
	Entity     string  // Person, Location or Organization
	Score      float32 // above 0 and below 1; higher is clearer
}

// Finder finds names. It keeps scratch between calls, so one goroutine uses it
// at a time; Clone makes another one.
type Finder struct{ tagger *tag.Tagger }

// New returns a Finder over the embedded model.
func New() *Finder { return &Finder{tag.NewTagger(shared())} }

// Clone returns a Finder with scratch of its own over the same model.
func (f *Finder) Clone() *Finder { return &Finder{tag.NewTagger(f.tagger.Model())} }

// Find appends the names in text to dst, in their order and disjoint. Once its
// scratch has grown to a text's size it allocates nothing but what dst lacks.
// Text that is not UTF-8 is read as far as it is.
func (f *Finder) Find(dst []Span, text []byte) []Span {
	for from := 0; from < len(text); {
		from = f.tagger.Tag(text, from)
		dst = f.spans(dst)
	}
	return dst
}

// spans appends what the labels of a window say.
func (f *Finder) spans(dst []Span) []Span {
	tokens, labels := f.tagger.Tokens, f.tagger.Labels
	for i := 0; i < len(tokens); {
		begin := labels[i]
		if begin == tag.Out {
			i++
			continue
		}
		end, margin := i+1, f.tagger.Margin(i)
		for end < len(tokens) && tag.Continues(begin, labels[end]) {
			margin = max(margin, f.tagger.Margin(end))
			end++
		}
		dst = append(dst, Span{tokens[i].Start, tokens[end-1].End, entity(begin), score(margin)})
		i = end
	}
	return dst
}

func entity(l tag.Label) string {
	switch l {
	case tag.BeginPerson, tag.InPerson:
		return Person
	case tag.BeginOrg, tag.InOrg:
		return Organization
	}
	return Location
}

// score maps a margin to between 0.3 and 0.99: half of the way at 64. The division
// of two whole numbers is one rounding, alike on every architecture (L6).
func score(margin int32) float32 {
	m := max(margin, 0)
	return float32(30+69*m/(m+64)) / 100
}
