package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Suggest is the hint about a word that is none of the allowed ones: the nearest
// one if it is near, else all of them.
func Suggest(word string, allowed []string) string {
	if len(allowed) == 0 {
		return "remove it: nothing can stand here yet"
	}
	if near, ok := Nearest(word, allowed); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	sorted := slices.Clone(allowed)
	slices.Sort(sorted)
	return "one of: " + strings.Join(sorted, " ")
}

// Nearest returns the allowed word that is fewest edits away; false if even that
// is another word.
func Nearest(word string, allowed []string) (string, bool) {
	best, at := "", max(2, len(word)/3)+1
	for _, a := range slices.Sorted(slices.Values(allowed)) {
		n := edits(strings.ToLower(word), strings.ToLower(a))
		if n < at && n < len(a) {
			best, at = a, n
		}
	}
	return best, best != ""
}

// edits is the optimal string alignment distance: insertions, deletions,
// replacements and swaps of neighbours.
func edits(a, b string) int {
	// Longer words are never near; the bound keeps a hostile key cheap.
	if len(a) > 256 || len(b) > 256 {
		return 256
	}
	prev2, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(b)]
}

func keysOf(m map[string]reflect.Value) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
