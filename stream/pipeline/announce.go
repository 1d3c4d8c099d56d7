package pipeline

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// announcement is a policy revision on its way into the partitions of a topic.
type announcement struct {
	stream.Announcement
	records []*kgo.Record // by partition
}

// announce writes a control record into every raw partition for each connection
// whose policy revision changed: all workers switch at the same offset. A topic
// that is new to the source is told those of all, so that none of its records
// falls under whatever revision a worker happens to have. It stands before the
// transaction's data, so that data offsets stay contiguous.
func (w *ingestWriter) announce() error {
	for conn, rev := range w.Revisions {
		for _, topic := range w.RawTopics {
			if w.at.Revisions[conn] == rev && slices.Contains(w.at.Topics, topic) {
				continue
			}
			if err := w.announceIn(topic, conn, rev); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *ingestWriter) announceIn(topic, conn, rev string) error {
	// L1: a worker believes rising numbers only. The clock keeps them rising where
	// somebody has put an old position back.
	w.tx.number = max(w.at.Number+1, stream.Int64(w.tx.began.UnixMilli()))
	a := announcement{Announcement: stream.Announcement{Source: w.Source, Connection: conn, Revision: rev, Keys: w.Keys[conn], Topic: topic, Number: w.tx.number}}
	for p := range w.Partitions {
		text, err := w.audit.voucher.vouch(controlAt(place{topic, p}), stream.PolicyChange{Connection: conn, Revision: rev, Number: w.tx.number})
		if err != nil {
			return err
		}
		r := &kgo.Record{Topic: topic, Partition: p, Value: text, Headers: []kgo.RecordHeader{{Key: stream.HeaderControl, Value: []byte(stream.ControlPolicy)}}}
		w.audit.produce(r)
		a.records = append(a.records, r)
	}
	w.tx.told = append(w.tx.told, a)
	return nil
}

// announcedOffsets is how many offsets an entry names.
const announcedOffsets = 256

// writeAnnouncements lets the log know where revisions were announced. The records
// are flushed.
func (w *ingestWriter) writeAnnouncements() error {
	for _, a := range w.tx.told {
		body := a.Announcement
		body.Worker = w.audit.ledger.Worker()
		for records := range slices.Chunk(a.records, announcedOffsets) {
			body.Partition, body.Offsets = records[0].Partition, nil
			for _, r := range records {
				body.Offsets = append(body.Offsets, stream.Int64(r.Offset))
			}
			if err := w.audit.entry(stream.EntryAnnounce, body); err != nil {
				return err
			}
		}
	}
	return nil
}
