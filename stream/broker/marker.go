package broker

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// marker returns the control batch that ends a transaction in a commit or an
// abort, as kfake writes it.
func marker(outcome kmsg.ControlRecordKeyType, offset int64, leader int32, pid int64, epoch int16, at int64) []byte {
	key := kmsg.ControlRecordKey{Type: outcome}
	end := kmsg.EndTxnMarker{}
	rec := kmsg.Record{Key: key.AppendTo(nil), Value: end.AppendTo(nil)}
	rec.Length = int32(len(rec.AppendTo(nil)) - 1) // the length itself takes one byte
	b := kmsg.RecordBatch{
		FirstOffset:          offset,
		PartitionLeaderEpoch: leader,
		Magic:                2,
		Attributes:           attrControl | attrTransactional,
		FirstTimestamp:       at,
		MaxTimestamp:         at,
		ProducerID:           pid,
		ProducerEpoch:        epoch,
		FirstSequence:        -1,
		NumRecords:           1,
		Records:              rec.AppendTo(nil),
	}
	return sealBatch(b)
}

// sealBatch encodes b with its length and checksum.
func sealBatch(b kmsg.RecordBatch) []byte {
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], castagnoli()))
	return raw
}
