// Package sample draws the records of an audit by sampling, so that nobody could know
// them before: not the operator, who made the log, and not the auditor, who gives a
// nonce after it.
//
// Its words are statistics' (population, sample, chance of detection). It reads no log
// and masks nothing.
//
// Promise: L4 provable: who has checkpoint and nonce draws the same records again.
package sample

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
)

// Seed is what records are drawn by.
type Seed [32]byte

const domain = "lethe-sample-v1\n"

// ErrCheckpoint says that a text is no checkpoint.
var ErrCheckpoint = errors.New("not a checkpoint")

// NewSeed is the SHA-256 of the words lethe-sample-v1, the body of a checkpoint
// (C2SP tlog-checkpoint: what its signatures are over) after its length as u64, and
// the nonce that an auditor gives once the checkpoint is published.
func NewSeed(checkpoint []byte, nonce string) (Seed, error) {
	body, _, ok := strings.Cut(string(checkpoint), "\n\n")
	if !ok || strings.Count(body, "\n") < 2 {
		return Seed{}, ErrCheckpoint
	}
	body += "\n"
	b := binary.BigEndian.AppendUint64([]byte(domain), uint64(len(body)))
	return sha256.Sum256(append(append(b, body...), nonce...)), nil
}

// Draw gives n different numbers below population, in ascending order: all of them if
// there are no more. The i-th that is drawn is the first 8 bytes of SHA-256(seed ‖ i
// u64) modulo population; what would favour the low ones, or was drawn before, is
// passed over.
func (s Seed) Draw(n int, population int64) []int64 {
	if population <= int64(n) {
		all := make([]int64, max(0, population))
		for i := range all {
			all[i] = int64(i)
		}
		return all
	}
	drawn := make(map[int64]bool, n)
	limit := math.MaxUint64 - (math.MaxUint64%uint64(population)+1)%uint64(population)
	for i := uint64(0); len(drawn) < n; i++ {
		h := sha256.Sum256(binary.BigEndian.AppendUint64(s[:], i))
		if v := binary.BigEndian.Uint64(h[:]); v <= limit { // L4: the same numbers for everybody
			drawn[int64(v%uint64(population))] = true
		}
	}
	out := make([]int64, 0, n)
	for v := range drawn {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// Chance is how likely a sample of n out of population holds at least one of so many
// lies, wherever they are.
func Chance(population int64, n int, lies int64) float64 {
	if lies <= 0 || n <= 0 {
		return 0
	}
	missed := 1.0
	for i := range int64(n) {
		left := population - lies - i
		if left <= 0 {
			return 1
		}
		missed *= float64(left) / float64(population-i)
	}
	return 1 - missed
}
