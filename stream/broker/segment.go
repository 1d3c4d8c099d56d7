package broker

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// batchHead is the fixed part of a record batch (magic 2) on disk.
const batchHead = 61

// Attributes of a record batch.
const (
	attrTransactional = 0x10
	attrControl       = 0x20
)

// indexEntry is the size of an entry of kfake's .idx files: version, low byte
// of a CRC-32C, leader epoch, largest timestamp so far, flags (little endian).
const indexEntry = 15

// batch is what recovery needs of a record batch's header.
type batch struct {
	first     int64
	lastDelta int32
	leader    int32 // leader epoch
	attrs     int16
	firstTime int64
	maxTime   int64
	pid       int64
	epoch     int16
	sequence  int32
	records   int32
	raw       []byte // the whole batch; valid until the next one is read
}

func (b *batch) end() int64          { return b.first + int64(b.lastDelta) + 1 }
func (b *batch) control() bool       { return b.attrs&attrControl != 0 }
func (b *batch) transactional() bool { return b.attrs&attrTransactional != 0 }

func parseBatch(raw []byte) batch {
	be := binary.BigEndian
	return batch{
		first:     int64(be.Uint64(raw[0:])),
		leader:    int32(be.Uint32(raw[12:])),
		attrs:     int16(be.Uint16(raw[21:])),
		lastDelta: int32(be.Uint32(raw[23:])),
		firstTime: int64(be.Uint64(raw[27:])),
		maxTime:   int64(be.Uint64(raw[35:])),
		pid:       int64(be.Uint64(raw[43:])),
		epoch:     int16(be.Uint16(raw[51:])),
		sequence:  int32(be.Uint32(raw[53:])),
		records:   int32(be.Uint32(raw[57:])),
		raw:       raw,
	}
}

// segment is one .dat file and its .idx.
type segment struct {
	base, end int64 // offsets, end exclusive
	size      int64
	epochs    [2]int32 // smallest and largest leader epoch
	index     []byte   // what the .idx should hold
}

func (s *segment) data(dir string) string {
	return filepath.Join(dir, strconv.FormatInt(s.base, 10)+".dat")
}

func (s *segment) idx(dir string) string {
	return filepath.Join(dir, strconv.FormatInt(s.base, 10)+".idx")
}

// add takes b into the books of s.
func (s *segment) add(b *batch, maxTime int64) {
	if s.size == 0 {
		s.epochs = [2]int32{b.leader, b.leader}
	}
	s.epochs[0] = min(s.epochs[0], b.leader)
	s.epochs[1] = max(s.epochs[1], b.leader)
	s.end = b.end()
	s.size += int64(len(b.raw))
	s.index = appendIndex(s.index, b, maxTime)
}

func appendIndex(dst []byte, b *batch, maxTime int64) []byte {
	var e [indexEntry]byte
	e[0] = frameVersion
	binary.LittleEndian.PutUint32(e[2:], uint32(b.leader))
	binary.LittleEndian.PutUint64(e[6:], uint64(maxTime))
	if b.transactional() && !b.control() {
		e[14] = 1
	}
	e[1] = byte(crc32.Checksum(e[2:], castagnoli()))
	return append(dst, e[:]...)
}

// scan calls fn for the batches of s in order and tells whether a kill tore
// off the last one. Anything else that does not parse is errDamaged.
func (s *segment) scan(dir string, fn func(*batch) error) (torn bool, err error) {
	f, err := os.Open(s.data(dir))
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	r := bufio.NewReaderSize(f, 1<<18)
	var buf []byte
	for left := info.Size(); left > 0; {
		if left < 12 {
			return true, nil
		}
		head, err := r.Peek(12)
		if err != nil {
			return false, err
		}
		size := 12 + int64(binary.BigEndian.Uint32(head[8:]))
		if size < batchHead || size > 1<<30 {
			return false, errDamaged
		}
		if size > left {
			return true, nil
		}
		buf = slices.Grow(buf[:0], int(size))[:size]
		if _, err := io.ReadFull(r, buf); err != nil {
			return false, err
		}
		left -= size
		if crc32.Checksum(buf[21:], castagnoli()) != binary.BigEndian.Uint32(buf[17:]) {
			if left == 0 {
				return true, nil
			}
			return false, errDamaged
		}
		b := parseBatch(buf)
		if err := fn(&b); err != nil {
			return false, err
		}
	}
	return false, nil
}

// mend makes the files of s agree: the torn tail of the .dat goes, and the
// .idx, which alone holds the in-transaction flag, is written anew unless it
// says what the headers say (trap 5).
func (s *segment) mend(dir string, d disk) error {
	info, err := os.Stat(s.data(dir))
	if err != nil {
		return err
	}
	if info.Size() != s.size {
		if err := d.cut(s.data(dir), s.size); err != nil {
			return err
		}
	}
	have, err := readOptional(s.idx(dir))
	if err != nil || sameIndex(have, s.index) {
		return err
	}
	return d.replace(s.idx(dir), s.index)
}

// sameIndex compares epoch and flags; kfake computes timestamps anew.
func sameIndex(have, want []byte) bool {
	if len(have) != len(want) {
		return false
	}
	for ; len(want) > 0; have, want = have[indexEntry:], want[indexEntry:] {
		if !bytes.Equal(have[2:6], want[2:6]) || have[14] != want[14] ||
			have[1] != byte(crc32.Checksum(have[2:indexEntry], castagnoli())) {
			return false
		}
	}
	return true
}

// listSegments returns the segments of a partition's directory by offset, and
// removes index files that have lost their data.
func listSegments(dir string, d disk) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*segment
	have := make(map[string]bool)
	for _, e := range entries {
		if base, ok := segmentBase(e.Name(), ".dat"); ok {
			all = append(all, &segment{base: base})
			have[e.Name()] = true
		}
	}
	for _, e := range entries {
		if base, ok := segmentBase(e.Name(), ".idx"); ok && !have[fmt.Sprintf("%d.dat", base)] {
			if err := d.remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(all, func(a, b *segment) int { return cmp.Compare(a.base, b.base) })
	return all, nil
}

func segmentBase(name, ext string) (int64, bool) {
	if filepath.Ext(name) != ext {
		return 0, false
	}
	base, err := strconv.ParseInt(name[:len(name)-len(ext)], 10, 64)
	return base, err == nil
}
