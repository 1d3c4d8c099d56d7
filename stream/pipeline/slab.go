package pipeline

import "github.com/twmb/franz-go/pkg/kgo"

// slab hands out records, headers and short byte slices from large pieces: a
// record on its way would cost half a dozen allocations otherwise. Nothing is
// taken back; a piece goes when the last of its records is acknowledged. One
// goroutine uses a slab.
type slab struct {
	records []kgo.Record
	headers []kgo.RecordHeader
	bytes   []byte
}

// Pieces: how many records, headers and bytes are allocated at once.
const (
	slabRecords = 256
	slabHeaders = 1024
	slabBytes   = 32 << 10
)

// record gives an empty record for a place.
func (s *slab) record(topic string, partition int32) *kgo.Record {
	if len(s.records) == 0 {
		s.records = make([]kgo.Record, slabRecords)
	}
	r := &s.records[0]
	s.records = s.records[1:]
	r.Topic, r.Partition = topic, partition
	return r
}

// head gives the headers of a record, to be appended to.
func (s *slab) head(h ...kgo.RecordHeader) []kgo.RecordHeader {
	if len(s.headers) < len(h) {
		s.headers = make([]kgo.RecordHeader, slabHeaders)
	}
	out := s.headers[:len(h):len(h)]
	s.headers = s.headers[len(h):]
	copy(out, h)
	return out
}

// room gives an empty slice with room for n bytes.
func (s *slab) room(n int) []byte {
	if len(s.bytes) < n {
		s.bytes = make([]byte, max(n, slabBytes))
	}
	out := s.bytes[:0:n]
	s.bytes = s.bytes[n:]
	return out
}
