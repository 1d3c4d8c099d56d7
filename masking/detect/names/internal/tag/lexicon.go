package tag

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// Class says what is known of a word or phrase; classes are bits.
type Class uint16

// The classes of words.
const (
	FirstName  Class = 1 << iota // given name
	LastName                     // family name
	PlaceName                    // a whole place, of one word or several
	RegionName                   // a whole country, state or region
	Common                       // an ordinary word when written small
	Prefix                       // the first words of a longer place
	Title                        // stands before a person
	Street                       // part of a street's name
	OrgWord                      // part of an organisation's name
	ThaiWord                     // in the Thai dictionary
	Calendar                     // month, weekday
	Function                     // article, preposition, pronoun, verb of every day
	Product                      // looks like a name and is none
	PlaceCue                     // stands before a place
	Kin                          // stands for a person: mother, patient, customer
)

// Lexicon tells the classes of words and phrases by their hash.
type Lexicon struct {
	slots []slot // open addressing; a power of two
}

type slot struct {
	hash  uint32
	class Class
}

// NewLexicon returns a lexicon of the words.
func NewLexicon(words map[uint32]Class) *Lexicon {
	n := 1
	for n < 2*len(words)+1 {
		n *= 2
	}
	l := &Lexicon{slots: make([]slot, n)}
	for _, s := range ordered(words) {
		l.put(s)
	}
	return l
}

func ordered(words map[uint32]Class) []slot {
	all := make([]slot, 0, len(words))
	for h, c := range words {
		if c != 0 {
			all = append(all, slot{h, c})
		}
	}
	slices.SortFunc(all, func(a, b slot) int { return cmp.Compare(a.hash, b.hash) })
	return all
}

func (l *Lexicon) put(s slot) {
	mask := uint32(len(l.slots) - 1)
	i := s.hash & mask
	for l.slots[i].class != 0 {
		i = (i + 1) & mask
	}
	l.slots[i] = s
}

// Of returns the classes of the word or phrase with the hash, 0 if none.
func (l *Lexicon) Of(hash uint32) Class {
	mask := uint32(len(l.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := l.slots[i]
		if s.class == 0 || s.hash == hash {
			return s.class
		}
	}
}

// EncodeLexicon writes the words so that DecodeLexicon reads them: their count,
// then for each in the order of hashes its distance and its classes.
func EncodeLexicon(words map[uint32]Class) []byte {
	all := ordered(words)
	out := binary.AppendUvarint(nil, uint64(len(all)))
	last := uint32(0)
	for _, s := range all {
		out = binary.AppendUvarint(out, uint64(s.hash-last))
		last = s.hash
	}
	for _, s := range all {
		out = binary.LittleEndian.AppendUint16(out, uint16(s.class))
	}
	return out
}

// ErrModel is wrapped where the bytes of a model are not what the trainer writes.
var ErrModel = errors.New("not a model of names")

// DecodeLexicon reads what EncodeLexicon wrote.
func DecodeLexicon(b []byte) (*Lexicon, error) {
	r := bytes.NewReader(b)
	n, err := binary.ReadUvarint(r)
	if err != nil || n > uint64(len(b)) {
		return nil, ErrModel
	}
	size := 1
	for size < 2*int(n)+1 {
		size *= 2
	}
	l := &Lexicon{slots: make([]slot, size)}
	classes := b[max(0, len(b)-2*int(n)):]
	last := uint64(0)
	for i := range int(n) {
		d, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, ErrModel
		}
		last += d
		l.put(slot{uint32(last), Class(binary.LittleEndian.Uint16(classes[2*i:]))})
	}
	return l, nil
}
