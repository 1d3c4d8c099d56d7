package subject

import (
	"crypto/subtle"
	"encoding/binary"

	"lethe/masking/internal/block"
)

// blockSize is AES's, and so the size of a synthetic IV.
const blockSize = block.Size

// siv is AES-SIV (RFC 5297) with two AES-128 keys, AEAD_AES_SIV_CMAC_256. Libraries
// allocate for every key, and here most values come with another. It is used by
// one goroutine at a time.
type siv struct {
	mac, ctr block.Cipher
	k1, k2   [blockSize]byte // subkeys of CMAC, RFC 4493 §2.3
	zero     [blockSize]byte // CMAC of a block of zeros, with which S2V begins
	whole    []byte          // scratch: a text of which the end was changed
}

// setKey makes s the cipher of a key.
func (s *siv) setKey(key *[keySize]byte) {
	s.mac.SetKey((*[blockSize]byte)(key[:blockSize]))
	s.ctr.SetKey((*[blockSize]byte)(key[blockSize:]))
	var l [blockSize]byte
	s.mac.Encrypt(&l, &l)
	s.k1 = double(l)
	s.k2 = double(s.k1)
	s.zero = s.k1
	s.mac.Encrypt(&s.zero, &s.zero)
}

// double is dbl of RFC 5297 §2.3: times x in GF(2¹²⁸).
func double(b [blockSize]byte) [blockSize]byte {
	high, low := binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])
	carry := high >> 63
	binary.BigEndian.PutUint64(b[:], high<<1|low>>63)
	binary.BigEndian.PutUint64(b[8:], low<<1^carry*0x87)
	return b
}

// cmac is AES-CMAC (RFC 4493).
func (s *siv) cmac(text []byte) (sum [blockSize]byte) {
	for len(text) > blockSize {
		subtle.XORBytes(sum[:], sum[:], text[:blockSize])
		s.mac.Encrypt(&sum, &sum)
		text = text[blockSize:]
	}
	subtle.XORBytes(sum[:], sum[:], text)
	if len(text) == blockSize {
		subtle.XORBytes(sum[:], sum[:], s.k1[:])
	} else {
		sum[len(text)] ^= 0x80
		subtle.XORBytes(sum[:], sum[:], s.k2[:])
	}
	s.mac.Encrypt(&sum, &sum)
	return sum
}

// begin and with are S2V (RFC 5297 §2.4) over all strings but the last.
func (s *siv) begin() [blockSize]byte { return s.zero }

func (s *siv) with(d [blockSize]byte, text []byte) [blockSize]byte {
	d = double(d)
	sum := s.cmac(text)
	subtle.XORBytes(d[:], d[:], sum[:])
	return d
}

// last is S2V's last step.
func (s *siv) last(d [blockSize]byte, text []byte) [blockSize]byte {
	if len(text) < blockSize {
		d = double(d)
		subtle.XORBytes(d[:], d[:], text)
		d[len(text)] ^= 0x80
		return s.cmac(d[:])
	}
	s.whole = append(s.whole[:0], text...)
	end := s.whole[len(text)-blockSize:]
	subtle.XORBytes(end, end, d[:])
	return s.cmac(s.whole)
}

// stream encrypts or decrypts text in place: CTR from the IV with two bits
// cleared, so that the counter's low half does not overflow (RFC 5297 §2.5).
func (s *siv) stream(text []byte, iv [blockSize]byte) {
	iv[8] &= 0x7f
	iv[12] &= 0x7f
	count := binary.BigEndian.Uint64(iv[8:])
	var pad [blockSize]byte
	for len(text) > 0 {
		s.ctr.Encrypt(&pad, &iv)
		text = text[subtle.XORBytes(text, text, pad[:]):]
		count++
		binary.BigEndian.PutUint64(iv[8:], count)
	}
}

// seal appends IV and ciphertext to dst; d is S2V of what the text is bound to.
func (s *siv) seal(dst, text []byte, d [blockSize]byte) []byte {
	iv := s.last(d, text)
	dst = append(dst, iv[:]...)
	dst = append(dst, text...)
	s.stream(dst[len(dst)-len(text):], iv)
	return dst
}

// open undoes seal. If it returns false nothing was appended.
func (s *siv) open(dst, sealed []byte, d [blockSize]byte) ([]byte, bool) {
	if len(sealed) < blockSize {
		return dst, false
	}
	iv := [blockSize]byte(sealed)
	before := len(dst)
	dst = append(dst, sealed[blockSize:]...)
	s.stream(dst[before:], iv)
	want := s.last(d, dst[before:])
	if subtle.ConstantTimeCompare(iv[:], want[:]) != 1 {
		clear(dst[before:])
		return dst[:before], false
	}
	return dst, true
}
