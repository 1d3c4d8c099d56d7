package broker

import (
	"encoding/binary"
	"hash/crc32"
)

// frameHead is what precedes each entry of groups.log and pids.log, little
// endian: length of version and data, CRC-32C over both, version.
const (
	frameHead    = 10
	frameVersion = 1
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func appendFrame(dst, data []byte) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, frameHead)...)
	dst = append(dst, data...)
	frame := dst[at:]
	binary.LittleEndian.PutUint32(frame[0:], uint32(2+len(data)))
	binary.LittleEndian.PutUint16(frame[8:], frameVersion)
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(frame[8:], castagnoli()))
	return dst
}

// nextFrame returns the data of the first entry of raw, if that is whole, and
// its size.
func nextFrame(raw []byte) (data []byte, size int, ok bool) {
	if len(raw) < frameHead {
		return nil, len(raw), false
	}
	size = 8 + int(binary.LittleEndian.Uint32(raw))
	if size < frameHead || size > len(raw) {
		return nil, size, false
	}
	ok = crc32.Checksum(raw[8:size], castagnoli()) == binary.LittleEndian.Uint32(raw[4:]) &&
		binary.LittleEndian.Uint16(raw[8:]) == frameVersion
	return raw[frameHead:size], size, ok
}

// eachFrame calls fn for every whole entry of raw. What a kill tore off at the
// end is passed over; damage before the end is an error, because everything
// behind it would be lost with it.
func eachFrame(raw []byte, fn func(data []byte) error) error {
	for len(raw) > 0 {
		data, size, ok := nextFrame(raw)
		switch {
		case !ok && size < len(raw):
			return errDamaged
		case !ok:
			return nil
		}
		if err := fn(data); err != nil {
			return err
		}
		raw = raw[size:]
	}
	return nil
}
