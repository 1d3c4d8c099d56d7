package detect

import "math/bits"

// keccak256 is Keccak with the padding that Ethereum has, which is not that of
// FIPS 202, of a text shorter than 136 bytes.
func keccak256(text []byte) (digest [32]byte) {
	var block [136]byte
	copy(block[:], text)
	block[len(text)] ^= 1
	block[135] ^= 0x80
	var s [25]uint64
	for i := range 17 {
		for j := range 8 {
			s[i] |= uint64(block[8*i+j]) << (8 * j)
		}
	}
	permute(&s)
	for i := range digest {
		digest[i] = byte(s[i/8] >> (8 * (i % 8)))
	}
	return digest
}

// permute is Keccak-f[1600] (FIPS 202 §3.3). Its round constants come from the
// shift register of §3.2.5.
func permute(s *[25]uint64) {
	register := byte(1)
	for range 24 {
		var c [5]uint64
		for x := range 5 {
			c[x] = s[x] ^ s[x+5] ^ s[x+10] ^ s[x+15] ^ s[x+20]
		}
		for i := range s {
			s[i] ^= c[(i+4)%5] ^ bits.RotateLeft64(c[(i+1)%5], 1)
		}
		x, y, lane := 1, 0, s[1]
		for t := range 24 {
			x, y = y, (2*x+3*y)%5
			lane, s[x+5*y] = s[x+5*y], bits.RotateLeft64(lane, (t+1)*(t+2)/2%64)
		}
		for y := 0; y < 25; y += 5 {
			row := [5]uint64(s[y : y+5])
			for x := range 5 {
				s[y+x] = row[x] ^ ^row[(x+1)%5]&row[(x+2)%5]
			}
		}
		for j := range 7 {
			if register&1 != 0 {
				s[0] ^= 1 << (1<<j - 1)
			}
			carry := register >> 7
			register = register<<1 ^ carry*0x71
		}
	}
}
