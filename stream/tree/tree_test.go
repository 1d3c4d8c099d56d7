package tree

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"lethe/stream"
)

// The root of the same leaves must be what an independent implementation says.
func TestL4RootIsRFC6962(t *testing.T) {
	for n := 1; n < 300; n++ {
		leaves := make([]stream.Hash, n)
		var stored []tlog.Hash
		read := tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(idx))
			for i, x := range idx {
				out[i] = stored[x]
			}
			return out, nil
		})
		for i := range leaves {
			data := fmt.Appendf(nil, "record %d", i)
			leaves[i] = sha256.Sum256(append([]byte{0}, data...))
			hs, err := tlog.StoredHashes(int64(i), data, read)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, hs...)
		}
		want, err := tlog.TreeHash(int64(n), read)
		if err != nil {
			t.Fatal(err)
		}
		if got := Root(leaves); got != stream.Hash(want) {
			t.Fatalf("%d leaves: root %s, want %x", n, got, want)
		}
	}
}

// Fixed inputs, fixed hashes: on any machine and architecture.
func TestL6LeavesAndRootsAreTheSameEverywhere(t *testing.T) {
	var l Leaves
	var leaves []stream.Hash
	for i := range 100 {
		salt := sha256.Sum256([]byte{byte(i)})
		seq := stream.NewSeq(uint32(i%3), uint64(i)<<40, uint64(i))
		var key, unchanged []byte
		if i%4 > 0 {
			key = fmt.Appendf(nil, `{"id":%d}`, i)
		}
		if i%5 == 0 {
			unchanged = []byte(`["notes"]`)
		}
		l.Add(&leaves, salt[:16], key, fmt.Appendf(nil, `{"after":{"id":%d,"x":"ข้อมูล"},"op":"c"}`, i), seq.AppendHex(nil), unchanged)
	}
	l.Flush()
	root := Root(leaves)
	if want := "5f7e945505d66aed50924a04f482907e2c542a0c1f226a1cd7b98278514c68af"; root.String() != want {
		t.Errorf("root %s, want %s", root, want)
	}
}

// Records of all lengths, into lists that grow in between.
func TestL4ALeafIsTheHashOfItsFieldsAlone(t *testing.T) {
	var l Leaves
	lists := make([][]stream.Hash, 3)
	want := make([][]stream.Hash, 3)
	field := func(b, v []byte) []byte {
		if v == nil {
			return append(b, 0xff, 0xff, 0xff, 0xff)
		}
		return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	}
	for i := range 500 {
		salt, seq := make([]byte, 16), []byte("000102")
		salt[3] = byte(i)
		var key, value, unchanged []byte
		if i%3 > 0 {
			key = make([]byte, i%7)
		}
		if i%11 > 0 {
			value = make([]byte, i*i%3000)
		}
		if i%13 == 0 {
			unchanged = []byte(`["a"]`)
		}
		l.Add(&lists[i%3], salt, key, value, seq, unchanged)
		b := field(field(field(field(append([]byte{0}, salt...), key), value), seq), unchanged)
		want[i%3] = append(want[i%3], sha256.Sum256(b))
	}
	l.Flush()
	for i := range lists {
		for j, leaf := range lists[i] {
			if leaf != want[i][j] {
				t.Fatalf("leaf %d of list %d: %s, want %s", j, i, leaf, want[i][j])
			}
		}
	}
}

func TestSteadyStateOfLeavesAllocatesNothing(t *testing.T) {
	var l Leaves
	list, value, salt := make([]stream.Hash, 0, 200), make([]byte, 826), make([]byte, 16)
	add := func() {
		list = list[:0]
		for i := range 200 {
			l.Add(&list, salt, value[:10], value[:800-i], value[:40], nil)
		}
		l.Flush()
	}
	add()
	if n := testing.AllocsPerRun(20, add); n != 0 {
		t.Errorf("%v allocations for 200 leaves", n)
	}
}

func BenchmarkLeaves(b *testing.B) {
	var l Leaves
	list, value, salt := make([]stream.Hash, 0, 1024), make([]byte, 700), make([]byte, 16)
	for b.Loop() {
		if len(list) == cap(list) {
			list = list[:0]
		}
		l.Add(&list, salt, value[:20], value[:600+len(list)%100], value[:40], nil)
	}
	l.Flush()
}

func BenchmarkRoot(b *testing.B) {
	leaves := make([]stream.Hash, 4096)
	b.ReportAllocs()
	for b.Loop() {
		Root(leaves)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(leaves)), "ns/leaf")
}
