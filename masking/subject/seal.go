package subject

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
)

// keySize is that of root keys, of keys of pages, and of subjects' keys.
const keySize = 32

// errSealed says that bytes are not what was sealed there under that key.
var errSealed = errors.New("not what was sealed here")

// ref is where a sealed page lies, and its key. The key is random and seals this
// one page, so the nonce may be zero.
type ref struct {
	File uint64
	At   uint32
	Size uint32
	Key  [keySize]byte
}

func (r ref) stored() bool { return r.Size > 0 }

// seal encrypts under a key that seals nothing else.
func seal(key *[keySize]byte, plain, about []byte) []byte {
	aead := sealing(key)
	return aead.Seal(nil, make([]byte, aead.NonceSize()), plain, about)
}

func unseal(key *[keySize]byte, sealed, about []byte) ([]byte, error) {
	aead := sealing(key)
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed, about)
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

func sealing(key *[keySize]byte) cipher.AEAD {
	block, _ := aes.NewCipher(key[:]) // of 32 bytes: it has no other fault
	aead, _ := cipher.NewGCM(block)
	return aead
}

// aboutPage is what a sealed page is bound to: its place in its tree.
func aboutPage(tree uint16, level int, way uint64) []byte {
	b := binary.BigEndian.AppendUint16([]byte("lethe cover page 1 "), tree)
	return binary.BigEndian.AppendUint64(append(b, byte(level)), way)
}

// What a page's slot holds.
const (
	slotWhole = 0
	slotPage  = 1
)

// encode writes a page whose pages below are stored: the level; then for slots
// 255 and each slot, or how many leaves there are, leaves, marks and nodes.
func (p *page) encode() []byte {
	b := []byte{byte(p.level)}
	if p.inner == nil {
		b = append(b, byte(len(p.leaves)))
		for _, leaf := range p.leaves {
			b = binary.BigEndian.AppendUint64(b, leaf)
		}
		for _, mark := range p.marks {
			b = binary.BigEndian.AppendUint16(b, mark)
		}
		for i := range p.nodes {
			b = append(b, p.nodes[i][:]...)
		}
		return b
	}
	b = append(b, 255)
	for i := range p.inner {
		s := &p.inner[i]
		if s.whole {
			b = append(append(b, slotWhole), s.secret[:]...)
			continue
		}
		b = binary.BigEndian.AppendUint64(append(b, slotPage), s.at.File)
		b = binary.BigEndian.AppendUint32(b, s.at.At)
		b = binary.BigEndian.AppendUint32(b, s.at.Size)
		b = append(b, s.at.Key[:]...)
	}
	return b
}

// decodePage undoes encode for a page at that level below that way; its tree has
// nodes unless it is a register.
func decodePage(b []byte, level int, way uint64, nodes bool) (*page, error) {
	if len(b) < 2 || int(b[0]) != level {
		return nil, errSealed
	}
	p, n := &page{level: level}, int(b[1])
	if b = b[2:]; n == 255 {
		return p, p.decodeSlots(b)
	}
	if n == 0 || n > most || len(b) < 10*n {
		return nil, errSealed
	}
	p.leaves, p.marks = make([]uint64, n), make([]uint16, n)
	for i := range n {
		p.leaves[i] = binary.BigEndian.Uint64(b[8*i:])
		p.marks[i] = binary.BigEndian.Uint16(b[8*n+2*i:])
		if prefix(p.leaves[i], level) != way || i > 0 && p.leaves[i] <= p.leaves[i-1] {
			return nil, errSealed
		}
	}
	b = b[10*n:]
	count := 0
	if nodes {
		count = nodesOf(p.leaves, level)
	}
	if len(b) != count*len(seed{}) {
		return nil, errSealed
	}
	p.nodes = make([]seed, count)
	for i := range p.nodes {
		copy(p.nodes[i][:], b[i*len(seed{}):])
	}
	return p, nil
}

func (p *page) decodeSlots(b []byte) error {
	p.inner = new([fan]slot)
	for i := range p.inner {
		s := &p.inner[i]
		switch {
		case len(b) > len(s.secret) && b[0] == slotWhole:
			s.whole = true
			b = b[1+copy(s.secret[:], b[1:]):]
		case len(b) > 16+keySize && b[0] == slotPage:
			s.at.File = binary.BigEndian.Uint64(b[1:])
			s.at.At = binary.BigEndian.Uint32(b[9:])
			s.at.Size = binary.BigEndian.Uint32(b[13:])
			b = b[17+copy(s.at.Key[:], b[17:]):]
		default:
			return errSealed
		}
	}
	if len(b) > 0 {
		return errSealed
	}
	return nil
}

// bytes is about what a page takes in memory.
func (p *page) bytes() int64 {
	if p.inner != nil {
		return fan * 96
	}
	return int64(10*len(p.leaves)+len(seed{})*len(p.nodes)) + 128
}
