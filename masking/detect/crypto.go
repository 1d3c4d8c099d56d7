package detect

import "crypto/sha256"

// shortestWallet is how many characters the address of a wallet has at least.
const shortestWallet = 26

// wallet offers token t as an address of a crypto currency: base58 with a
// checksum, bech32, or the hexadecimal form of Ethereum.
func (f *Finder) wallet(t *token) {
	start, end := int(t.start), int(t.end)
	text := f.text[start:end]
	n := len(text)
	if !f.on[crypto] || n < shortestWallet || n > 110 || !f.free(start) || !f.ends(end) {
		return
	}
	switch {
	case n == 42 && text[0] == '0' && text[1] == 'x' && allHex(text[2:]):
		if checked, holds := eip55(text[2:]); holds {
			f.add(crypto, start, end, .95, checked, "form of an Ethereum address (EIP-55)")
		}
	case n <= 36 && base58Version(text) && base58Check(text, &base58Digits), n <= 36 && text[0] == 'r' && base58Check(text, &rippleDigits):
		f.add(crypto, start, end, 1, true, "base58 checksum")
	case n == 42 && cashCheck(text):
		f.add(crypto, start, end, 1, true, "checksum of a Bitcoin Cash address (CashAddr)")
	case bech32Check(text):
		f.add(crypto, start, end, 1, true, "bech32 checksum (BIP 173)")
	case n == 95 && (text[0] == '4' || text[0] == '8') && allBase58(text):
		f.add(crypto, start, end, .8, false, "form of a Monero address")
	case (n == 43 || n == 44) && allBase58(text) && f.near(aboutWallet, start, end) >= 0:
		f.add(crypto, start, end, .7, false, "base58 of a key, and a word that announces it")
	}
}

func allHex(text []byte) bool {
	for _, b := range text {
		if hexValue[b] < 0 {
			return false
		}
	}
	return true
}

// The value of each digit of Bitcoin's base58, of Ripple's, and of bech32 (BIP 173);
// -1 for other bytes.
var (
	base58Digits = digitsIn("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
	rippleDigits = digitsIn("rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz")
	bech32Digits = digitsIn("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
)

func digitsIn(alphabet string) (t [256]int8) {
	for b := range t {
		t[b] = -1
	}
	for i, c := range []byte(alphabet) {
		t[c] = int8(i)
	}
	return t
}

func allBase58(text []byte) bool {
	for _, b := range text {
		if base58Digits[b] < 0 {
			return false
		}
	}
	return true
}

// base58Version reports whether the first character is one that addresses of
// Bitcoin, Litecoin, Dogecoin, Dash, Tron or Zcash begin with.
func base58Version(text []byte) bool {
	switch text[0] {
	case '1', '2', '3', 'm', 'n', 'L', 'M', 'D', 'A', '9', 'X', 'T', 't':
		return true
	}
	return false
}

// base58Check reports whether the last four of 25 bytes are the checksum of the
// others. The first digit of the alphabet is a byte of zero where a text begins.
func base58Check(text []byte, digits *[256]int8) bool {
	var raw [26]byte // more than an address, so that overflow shows
	for _, c := range text {
		carry := int(digits[c])
		if carry < 0 {
			return false
		}
		for i := len(raw) - 1; i >= 0; i-- {
			carry += int(raw[i]) * 58
			raw[i] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	if raw[0] != 0 {
		return text[0] == 't' && checksum(raw[:]) // Zcash has a version of two bytes
	}
	zeros := 0
	for zeros < len(text) && digits[text[zeros]] == 0 {
		zeros++
	}
	if zeros >= len(raw)-1 {
		return false // more of them than an address has bytes
	}
	for i := range zeros {
		if raw[1+i] != 0 {
			return false
		}
	}
	return checksum(raw[1:])
}

func checksum(raw []byte) bool {
	body := raw[:len(raw)-4]
	once := sha256.Sum256(body)
	twice := sha256.Sum256(once[:])
	return string(twice[:4]) == string(raw[len(body):])
}

// bech32Check reports whether text is bech32 or bech32m: a known word, the digit 1,
// and data whose checksum holds, in one case.
func bech32Check(text []byte) bool {
	one := -1
	for i, b := range text {
		if b == '1' {
			one = i
			break
		}
	}
	if one < 2 || one > 6 || len(text)-one < 8 {
		return false
	}
	var lower [110]byte
	upper, small := false, false
	for i, b := range text {
		upper = upper || classes[b] == isUpper
		small = small || classes[b] == isLower
		lower[i] = folded[b]
	}
	if upper && small {
		return false
	}
	switch string(lower[:one]) {
	case "bc", "tb", "ltc", "bcrt", "addr", "cosmos", "osmo", "bnb":
	default:
		return false
	}
	sum := uint32(1)
	step := func(v uint32) {
		top := sum >> 25
		sum = sum&0x1FFFFFF<<5 ^ v
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 != 0 {
				sum ^= g
			}
		}
	}
	for _, b := range lower[:one] {
		step(uint32(b >> 5))
	}
	step(0)
	for _, b := range lower[:one] {
		step(uint32(b & 31))
	}
	for _, b := range lower[one+1 : len(text)] {
		v := bech32Digits[b]
		if v < 0 {
			return false
		}
		step(uint32(v))
	}
	return sum == 1 || sum == 0x2bc830a3
}

// cashCheck reports whether text is what follows bitcoincash: in an address: 160 bits
// and a checksum of 40 (CashAddr).
func cashCheck(text []byte) bool {
	if text[0] != 'q' && text[0] != 'p' {
		return false
	}
	sum := uint64(1)
	step := func(v uint64) {
		top := sum >> 35
		sum = sum&0x7FFFFFFFF<<5 ^ v
		for i, g := range [...]uint64{0x98f2bc8e61, 0x79b76d99e2, 0xf33e5fb3c4, 0xae2eabe2a8, 0x1e4f43e470} {
			if top>>i&1 != 0 {
				sum ^= g
			}
		}
	}
	for _, c := range []byte("bitcoincash") {
		step(uint64(c & 31))
	}
	step(0)
	for _, c := range text {
		v := bech32Digits[c]
		if v < 0 {
			return false
		}
		step(uint64(v))
	}
	return sum == 1
}

// eip55 reports whether the case of the letters is the checksum of EIP-55, or
// there is one case only, and then nothing is checked.
func eip55(hex []byte) (checked, holds bool) {
	var lower [40]byte
	upper, small := false, false
	for i, b := range hex {
		upper = upper || classes[b] == isUpper
		small = small || classes[b] == isLower
		lower[i] = folded[b]
	}
	if !upper || !small {
		return false, true
	}
	digest := keccak256(lower[:])
	for i, b := range hex {
		if classes[b]&isAlpha == 0 {
			continue
		}
		nibble := digest[i/2] >> 4
		if i%2 == 1 {
			nibble = digest[i/2] & 15
		}
		if (nibble >= 8) != (classes[b] == isUpper) {
			return true, false
		}
	}
	return true, true
}
