package subject

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// RFC 5297, appendices A.1 and A.2: key, text, result, associated strings.
const published = `
fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff 112233445566778899aabbccddee 85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c 101112131415161718191a1b1c1d1e1f2021222324252627
7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f 7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553 7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d 00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100 102030405060708090a0 09f911029d74e35bd84156c5635688c0
`

func TestPublishedVectorsOfAESSIVHold(t *testing.T) {
	if n := sivVectors(t, published); n != 2 {
		t.Errorf("%d vectors", n)
	}
}

func TestAESSIVIsAsOpenSSLHasIt(t *testing.T) {
	text, err := os.ReadFile("testdata/aessiv.txt")
	must(t, err)
	if n := sivVectors(t, string(text)); n != 60 {
		t.Errorf("%d vectors", n)
	}
}

func sivVectors(t *testing.T, text string) (n int) {
	var s siv // one for all keys
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		n++
		var b [][]byte
		for _, w := range words {
			x, err := hex.DecodeString(w)
			must(t, err)
			b = append(b, x)
		}
		key, plain, sealed, bound := b[0], b[1], b[2], b[3:]
		s.setKey((*[keySize]byte)(key))
		d := s.begin()
		for _, text := range bound {
			d = s.with(d, text)
		}
		if got := s.seal([]byte("before"), plain, d); !bytes.Equal(got, append([]byte("before"), sealed...)) {
			t.Errorf("vector %d: sealed %x, want %x", n, got, sealed)
		}
		if got, ok := s.open([]byte("before"), sealed, d); !ok || !bytes.Equal(got, append([]byte("before"), plain...)) {
			t.Errorf("vector %d: opened %x", n, got)
		}
		for i := range sealed {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1 << (i % 8)
			if got, ok := s.open(nil, bad, d); ok || len(got) > 0 {
				t.Fatalf("vector %d: byte %d changed and not noticed", n, i)
			}
		}
		if _, ok := s.open(nil, sealed[:15], d); ok {
			t.Error("opened a part of an IV")
		}
	}
	return n
}
