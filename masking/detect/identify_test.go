package detect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"lethe/masking/detect/identifier"
)

// valid makes a compact form that the identifier's check takes, by trial.
func valid(w writer, id identifier.Identifier) string {
	for range 200000 {
		shape := []byte(id.Shapes[w.IntN(len(id.Shapes))])
		for i, c := range shape {
			switch c {
			case '9':
				shape[i] = byte('0' + w.IntN(10))
			case 'A':
				shape[i] = byte('A' + w.IntN(26))
			case 'X':
				shape[i] = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"[w.IntN(33)]
			}
		}
		if id.Check(shape) {
			return string(shape)
		}
	}
	return ""
}

func TestEveryIdentifierIsFoundBehindItsWords(t *testing.T) {
	w := writer{rand.New(rand.NewPCG(3, 4))}
	f := finder(t)
	total, right := 0, 0
	for _, id := range identifier.All() {
		wrong := map[string]int{}
		for _, word := range id.Context {
			value := valid(w, id)
			if len(value) < 5 {
				continue
			}
			text := word + ": " + value
			total++
			found := f.Find(nil, []byte(text))
			hit := ""
			for _, g := range found {
				if g.End == len(text) && g.Start == len(text)-len(value) {
					hit = g.Entity
				}
			}
			if hit == id.Entity {
				right++
			} else {
				wrong[strings.TrimSpace(word+" → "+hit)]++
			}
		}
		if len(wrong) > 0 {
			t.Logf("%s: %v", id.Entity, wrong)
		}
	}
	if right*100 < total*98 {
		t.Errorf("%d of %d", right, total)
	}
}

func TestThereIsRoomForEveryIdentifier(t *testing.T) {
	if n := len(catalog()); n > most {
		t.Errorf("%d entities", n)
	}
	if n := int(firstIdentifier) + len(identifier.All()); n > 256 {
		t.Errorf("%d topics", n)
	}
}
