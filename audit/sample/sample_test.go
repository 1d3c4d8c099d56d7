package sample

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
)

const checkpoint = "lethe/shop\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— lethe/shop c2lnbmF0dXJl\n"

func TestL4TheSameCheckpointAndNonceDrawTheSameRecords(t *testing.T) {
	seed, err := NewSeed([]byte(checkpoint), "4711")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%x", seed[:8]), "49d24740821188c1"; got != want {
		t.Errorf("seed %s, want %s", got, want)
	}
	// Cosignatures come later; they change nothing.
	if again, _ := NewSeed([]byte(checkpoint+"— witness c2ln\n"), "4711"); again != seed {
		t.Error("a signature changes the seed")
	}
	for _, other := range []string{"", "4712", "47110"} {
		if s, _ := NewSeed([]byte(checkpoint), other); s == seed {
			t.Errorf("nonce %q gives the same seed", other)
		}
	}
	if got, want := fmt.Sprint(seed.Draw(5, 1_000_000)), "[14539 90062 103852 426851 900301]"; got != want {
		t.Errorf("drew %s, want %s", got, want)
	}
	if _, err := NewSeed([]byte("hello"), ""); !errors.Is(err, ErrCheckpoint) {
		t.Error(err)
	}
}

func TestDrawsAreDifferentAndEven(t *testing.T) {
	var seed Seed
	hits := make([]int, 10)
	for i := range 2000 {
		seed[0], seed[1] = byte(i), byte(i>>8)
		drawn := seed.Draw(3, 10)
		if len(drawn) != 3 || !slices.IsSorted(drawn) || len(slices.Compact(slices.Clone(drawn))) != 3 {
			t.Fatal(drawn)
		}
		for _, v := range drawn {
			hits[v]++
		}
	}
	for v, n := range hits {
		if n < 500 || n > 700 {
			t.Errorf("%d was drawn %d times of 2000, want about 600", v, n)
		}
	}
	if got := fmt.Sprint(seed.Draw(5, 3), seed.Draw(5, 0)); got != "[0 1 2] []" {
		t.Error(got)
	}
}

func TestChanceIsThatOfDrawingWithoutPuttingBack(t *testing.T) {
	for _, c := range []struct {
		population int64
		n          int
		lies       int64
		want       float64
	}{{10, 3, 1, .3}, {10, 3, 5, 1 - 5.0*4*3/(10*9*8)}, {10, 8, 5, 1}, {1_000_000, 300, 10_000, .951}, {10, 0, 5, 0}, {10, 5, 0, 0}} {
		if got := Chance(c.population, c.n, c.lies); math.Abs(got-c.want) > .001 {
			t.Errorf("%+v: %.4f", c, got)
		}
	}
}
