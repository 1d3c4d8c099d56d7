package ff1

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	"lethe/masking/internal/block"
)

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

func numerals(text string) (x []uint16) {
	for _, c := range []byte(text) {
		x = append(x, uint16(slices.Index([]byte(alphabet), c)))
	}
	return x
}

func uniform(radix, n int) []uint16 { return slices.Repeat([]uint16{uint16(radix)}, n) }

func cipherOf(t testing.TB, key string) *Cipher {
	t.Helper()
	raw, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	c := new(Cipher)
	c.SetKey((*[block.Size]byte)(raw))
	return c
}

// NIST's examples of FF1 with AES-128.
func TestPublishedVectorsOfFF1Hold(t *testing.T) {
	c := cipherOf(t, "2b7e151628aed2a6abf7158809cf4f3c")
	for _, v := range []struct {
		radix              int
		tweak, plain, want string
	}{
		{10, "", "0123456789", "2433477484"},
		{10, "39383736353433323130", "0123456789", "6124200773"},
		{36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
	} {
		tweak, _ := hex.DecodeString(v.tweak)
		x := numerals(v.plain)
		radix := uniform(v.radix, len(x))
		c.Encrypt(x, radix, tweak)
		if want := numerals(v.want); !slices.Equal(x, want) {
			t.Errorf("%s becomes %v, want %v", v.plain, x, want)
		}
		c.Decrypt(x, radix, tweak)
		if !slices.Equal(x, numerals(v.plain)) {
			t.Errorf("%s does not come back: %v", v.plain, x)
		}
	}
}

func TestEveryStringComesBack(t *testing.T) {
	c := cipherOf(t, "000102030405060708090a0b0c0d0e0f")
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		n := 2 + r.IntN(40)
		if r.IntN(50) == 0 {
			n = 2 + r.IntN(MaxLen-1)
		}
		radix := make([]uint16, n)
		one := uint16(2 + r.IntN(60))
		for i := range radix {
			if radix[i] = one; n%3 == 0 {
				radix[i] = []uint16{2, 9, 10, 26, 46, 336, 20992, 65535}[r.IntN(8)]
			}
		}
		x := make([]uint16, n)
		for i := range x {
			x[i] = uint16(r.IntN(int(radix[i])))
		}
		tweak := make([]byte, r.IntN(40))
		y := slices.Clone(x)
		c.Encrypt(y, radix, tweak)
		for i := range y {
			if y[i] >= radix[i] {
				t.Fatalf("place %d of %v holds %d", i, radix, y[i])
			}
		}
		if Domain(radix) && n > 4 && slices.Equal(x, y) {
			t.Errorf("%v of %v stays as it is", x, radix)
		}
		c.Decrypt(y, radix, tweak)
		if !slices.Equal(x, y) {
			t.Fatalf("%v of %v comes back as %v", x, radix, y)
		}
	}
}

// A small domain can be gone through: no two strings become one.
func TestAPermutationOfMixedRadixesIsOne(t *testing.T) {
	c := cipherOf(t, "000102030405060708090a0b0c0d0e0f")
	radix := []uint16{9, 10, 26, 7, 4}
	seen := map[[5]uint16]bool{}
	var x [5]uint16
	for {
		y := x
		c.Encrypt(y[:], radix, nil)
		if seen[y] {
			t.Fatalf("two strings become %v", y)
		}
		seen[y] = true
		i := 0
		for ; i < 5; i++ {
			if x[i]++; x[i] < radix[i] {
				break
			}
			x[i] = 0
		}
		if i == 5 {
			return
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	c := cipherOf(t, "000102030405060708090a0b0c0d0e0f")
	x, radix := make([]uint16, 16), uniform(10, 16)
	tweak := make([]byte, 20)
	if n := testing.AllocsPerRun(100, func() { c.Encrypt(x, radix, tweak) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncrypt16Digits(b *testing.B) {
	c := cipherOf(b, "000102030405060708090a0b0c0d0e0f")
	x, radix := make([]uint16, 16), uniform(10, 16)
	for b.Loop() {
		c.Encrypt(x, radix, nil)
	}
}
