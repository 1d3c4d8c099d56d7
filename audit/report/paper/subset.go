package paper

import (
	"encoding/binary"
	"errors"
	"slices"
)

// errFont says that a font is not as TrueType has it.
var errFont = errors.New("not a TrueType font with outlines")

// kept are the tables that a PDF reader needs of a font that is addressed by glyph.
var kept = [...]string{"cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"}

// subset leaves the outlines of used glyphs, and of those that they are composed of;
// glyphs keep their numbers.
func subset(data []byte, used map[uint16][]rune) ([]byte, error) {
	tables, err := directory(data)
	if err != nil {
		return nil, err
	}
	head, loca, glyf := tables["head"], tables["loca"], tables["glyf"]
	if len(head) < 54 || loca == nil || glyf == nil {
		return nil, errFont
	}
	long := binary.BigEndian.Uint16(head[50:]) == 1
	offset := func(i int) int {
		if long {
			return int(binary.BigEndian.Uint32(loca[4*i:]))
		}
		return 2 * int(binary.BigEndian.Uint16(loca[2*i:]))
	}
	n := len(loca)/2 - 1
	if long {
		n = len(loca)/4 - 1
	}
	keep := map[int]bool{0: true}
	var add func(id int)
	add = func(id int) {
		if id >= n || keep[id] && id != 0 {
			return
		}
		keep[id] = true
		for _, part := range parts(glyf[offset(id):offset(id+1)]) {
			add(part)
		}
	}
	for id := range used {
		add(int(id))
	}
	var outlines []byte
	places := make([]byte, 4*(n+1))
	for i := range n {
		binary.BigEndian.PutUint32(places[4*i:], uint32(len(outlines)))
		if keep[i] {
			outlines = append(outlines, glyf[offset(i):offset(i+1)]...)
			for len(outlines)%4 != 0 {
				outlines = append(outlines, 0)
			}
		}
	}
	binary.BigEndian.PutUint32(places[4*n:], uint32(len(outlines)))
	tables["glyf"], tables["loca"] = outlines, places
	tables["head"] = slices.Clone(head)
	binary.BigEndian.PutUint16(tables["head"][50:], 1)
	return assemble(tables), nil
}

// parts lists what a composite glyph is composed of.
func parts(g []byte) (ids []int) {
	if len(g) < 10 || int16(binary.BigEndian.Uint16(g)) >= 0 {
		return nil
	}
	for at := 10; at+4 <= len(g); {
		flags := binary.BigEndian.Uint16(g[at:])
		ids = append(ids, int(binary.BigEndian.Uint16(g[at+2:])))
		at += 6
		if flags&0x0001 != 0 { // arguments are words
			at += 2
		}
		switch {
		case flags&0x0008 != 0: // a scale
			at += 2
		case flags&0x0040 != 0: // two
			at += 4
		case flags&0x0080 != 0: // a matrix
			at += 8
		}
		if flags&0x0020 == 0 { // the last one
			break
		}
	}
	return ids
}

// directory finds the tables of a font.
func directory(data []byte) (map[string][]byte, error) {
	if len(data) < 12 {
		return nil, errFont
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		at := 12 + 16*i
		if at+16 > len(data) {
			return nil, errFont
		}
		start, size := int(binary.BigEndian.Uint32(data[at+8:])), int(binary.BigEndian.Uint32(data[at+12:]))
		if start+size > len(data) {
			return nil, errFont
		}
		tables[string(data[at:at+4])] = data[start : start+size]
	}
	return tables, nil
}

// assemble writes the kept tables as a font.
func assemble(tables map[string][]byte) []byte {
	var names []string
	for _, k := range kept {
		if tables[k] != nil {
			names = append(names, k)
		}
	}
	out := make([]byte, 12+16*len(names))
	binary.BigEndian.PutUint32(out, 0x00010000)
	power, log := 1, 0
	for power*2 <= len(names) {
		power, log = power*2, log+1
	}
	for i, v := range []int{len(names), 16 * power, log, 16 * (len(names) - power)} {
		binary.BigEndian.PutUint16(out[4+2*i:], uint16(v))
	}
	for i, name := range names {
		t := tables[name]
		entry := out[12+16*i:]
		copy(entry, name)
		binary.BigEndian.PutUint32(entry[4:], checksum(t))
		binary.BigEndian.PutUint32(entry[8:], uint32(len(out)))
		binary.BigEndian.PutUint32(entry[12:], uint32(len(t)))
		out = append(out, t...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(t []byte) (sum uint32) {
	for i := 0; i < len(t); i += 4 {
		var word [4]byte
		copy(word[:], t[i:])
		sum += binary.BigEndian.Uint32(word[:])
	}
	return sum
}
