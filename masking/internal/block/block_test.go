package block

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

func fromHex(t *testing.T, s string) (b [Size]byte) {
	t.Helper()
	if _, err := hex.Decode(b[:], []byte(s)); err != nil {
		t.Fatal(err)
	}
	return b
}

// FIPS 197, appendix C.1.
func TestPublishedVectorHolds(t *testing.T) {
	key, block := fromHex(t, "000102030405060708090a0b0c0d0e0f"), fromHex(t, "00112233445566778899aabbccddeeff")
	var c Cipher
	c.SetKey(&key)
	c.Encrypt(&block, &block)
	if want := fromHex(t, "69c4e0d86a7b0430d8cdb78070b4c55a"); block != want {
		t.Errorf("%x, want %x", block, want)
	}
}

func TestEveryKeyEncryptsAsTheStandardLibraryDoes(t *testing.T) {
	r := rand.NewChaCha8([32]byte{1})
	n := 20_000
	if testing.Short() {
		n = 1_000
	}
	for range n {
		var keys [2][Size]byte
		var c [2]Cipher
		var s [Size]byte
		for i := range c {
			r.Read(keys[i][:])
			c[i].SetKey(&keys[i])
		}
		r.Read(s[:])
		other := c[0].Clone()
		var got [Size]byte
		other.Encrypt(&got, &s)
		want := make([]byte, Size)
		left, _ := aes.NewCipher(keys[0][:])
		right, _ := aes.NewCipher(keys[1][:])
		left.Encrypt(want, s[:])
		if !bytes.Equal(got[:], want) {
			t.Fatalf("key %x block %x: %x, want %x", keys[0], s, got, want)
		}
		way, bits := r.Uint64(), 1+int(r.Uint64()%64)
		got = s
		Descend(&c[0], &c[1], &got, way, bits)
		for i := range bits {
			b := left
			if way>>(63-i)&1 == 1 {
				b = right
			}
			b.Encrypt(want, s[:])
			for j := range s {
				s[j] ^= want[j]
			}
		}
		if got != s {
			t.Fatalf("way %x of %d: %x, want %x", way, bits, got, s)
		}
	}
}

func BenchmarkDescend48(b *testing.B) {
	var c [2]Cipher
	var s [Size]byte
	for i := range c {
		s[0] = byte(i)
		c[i].SetKey(&s)
	}
	b.ReportAllocs()
	for i := range uint64(b.N) {
		Descend(&c[0], &c[1], &s, i*0x9e3779b97f4a7c15, 48)
	}
}

func BenchmarkSetKey(b *testing.B) {
	var c Cipher
	var s [Size]byte
	b.ReportAllocs()
	for range b.N {
		c.SetKey(&s)
		c.Encrypt(&s, &s)
	}
}
