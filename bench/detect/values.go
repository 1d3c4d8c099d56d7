package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// values is what values.py prints.
type values struct {
	Locales   []locale            `json:"locales"`
	Countries []string            `json:"countries"`
	Provinces []string            `json:"provinces"`
	Districts []string            `json:"districts"`
	Tambons   []string            `json:"tambons"`
	Nicks     []string            `json:"nicks"`
	Values    map[string][]string `json:"values"`
	IDs       []struct{ Entity, Value, Word string }
}

// locale is what a country's people, places and numbers look like.
type locale struct {
	Name                                          string
	People                                        [][3]string // first, last, whole
	Cities, Companies, Addresses, Streets, Phones []string
}

// makeValues has Faker make values for a set.
func makeValues(ctx context.Context, python, peers string, s set, count int) (*values, error) {
	args := []string{filepath.Join(peers, "values.py"), strconv.FormatUint(s.seed, 10), strconv.Itoa(count)}
	if s.use == second {
		args = append(args, "second")
	}
	out, err := exec.CommandContext(ctx, python, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("values.py: %w", told(err))
	}
	v := &values{}
	if err := json.Unmarshal(out, v); err != nil {
		return nil, fmt.Errorf("values.py: %w", err)
	}
	return v, nil
}

// told adds what a command complained about to its error.
func told(err error) error {
	if e, ok := err.(*exec.ExitError); ok && len(e.Stderr) > 0 {
		lines := strings.Split(strings.TrimSpace(string(e.Stderr)), "\n")
		return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return err
}

// coin makes a name that stands in no list: the beginning of one and the end of
// another, cut where a syllable may begin.
func coin(r *rand.Rand, a, b string) string {
	as, bs := cuts(a), cuts(b)
	if len(as) == 0 || len(bs) == 0 {
		return a
	}
	return a[:as[r.IntN(len(as))]] + b[bs[r.IntN(len(bs))]:]
}

// cuts are the places inside a name where two names can be joined: before a
// consonant that follows a vowel; in Thai before a vowel that is written first, or
// a consonant that has a vowel behind it.
func cuts(name string) (at []int) {
	runes := []rune(name)
	from := 0
	for n, c := range runes[:max(0, len(runes)-1)] {
		begins := n > 1 && strings.ContainsRune(latinVowels, runes[n-1]) && unicode.IsLower(c) && !strings.ContainsRune(latinVowels, c)
		if c >= 'ก' && c <= '๙' {
			first := c >= 'เ' && c <= 'ไ'
			begins = n > 1 && (first || c <= 'ฮ' && runes[n+1] >= 'ะ' && runes[n+1] <= 'ู') && (runes[n-1] < 'เ' || runes[n-1] > 'ไ')
		}
		if begins {
			at = append(at, from)
		}
		from += utf8.RuneLen(c)
	}
	return at
}

const latinVowels = "aeiouyäöüéèáíóúåøąęêô"
