package broker

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// endTxnVersion is the one whose every transaction has an epoch of its own
// (KIP-890), by which an intent is told from the next transaction's.
const endTxnVersion = 5

// hooks run in kfake's loop, before it handles a request; the loop waits for
// them, so what a hook wrote is durable before kfake does what was asked.
type hooks struct {
	cluster *kfake.Cluster
	intents *intentFile
	ledger  *ledger
	fail    func(error)
	refuse  atomic.Pointer[error] // once set, nothing is handed on

	// The loop's: hooks never run at the same time.
	staged  map[int64]*stagedOffsets
	byTopic map[[16]byte]string
}

// stagedOffsets are those that a transaction will commit with.
type stagedOffsets struct {
	epoch   int16
	offsets []groupOffset
}

// hook looks at a request, and answers it or returns nil to hand it on.
type hook func(kmsg.Request) (kmsg.Response, error)

// install registers them before the gate opens.
func (h *hooks) install(c *kfake.Cluster) {
	h.cluster = c
	for key, fn := range map[kmsg.Key]hook{
		kmsg.Produce:         h.produce,
		kmsg.Fetch:           h.fetch,
		kmsg.DeleteTopics:    h.deleteTopics,
		kmsg.DeleteRecords:   h.deleteRecords,
		kmsg.EndTxn:          h.endTxn,
		kmsg.TxnOffsetCommit: h.txnOffsets,
	} {
		h.control(key, fn)
	}
}

// renewal is after how many requests a hook replaces itself. kfake remembers
// the last request of every connection that a hook ever saw, until the hook goes.
const renewal = 1024

func (h *hooks) control(key kmsg.Key, fn hook) {
	var seen int
	h.cluster.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if seen++; seen == renewal {
			h.cluster.DropControl()
			h.control(key, fn)
		} else {
			h.cluster.KeepControl()
		}
		if why := h.refuse.Load(); why != nil {
			return nil, *why, true
		}
		resp, err := fn(req)
		if err != nil {
			// What could not be made durable must not happen.
			h.fail(err)
			return nil, err, true
		}
		return resp, nil, resp != nil
	})
}

// stop refuses every hooked request from now on.
func (h *hooks) stop(why error) { h.refuse.CompareAndSwap(nil, &why) }

func (h *hooks) produce(r kmsg.Request) (kmsg.Response, error) {
	if r.(*kmsg.ProduceRequest).TransactionID == nil {
		return nil, nil
	}
	return nil, h.intents.clear()
}

// fetch keeps clients from opening a fetch session. In one, kfake serves the
// partitions that moved first, within the client's limits: a batch above the
// limit of its partition waits for as long as others have some (trap 8).
// Without, the client names all partitions each time and rotates them, and the
// first always gets a batch.
//
// It also keeps kfake from reaching the limit of the whole answer: the partition
// where it does is answered without its list of aborted transactions (trap 12).
// Each partition gets an equal part of that limit instead.
func (h *hooks) fetch(r kmsg.Request) (kmsg.Response, error) {
	req := r.(*kmsg.FetchRequest)
	if req.SessionEpoch == 0 {
		req.SessionEpoch = -1
	}
	parts := int32(0)
	for _, t := range req.Topics {
		parts += int32(len(t.Partitions))
	}
	for _, t := range req.Topics {
		for i := range t.Partitions {
			p := &t.Partitions[i]
			p.PartitionMaxBytes = min(p.PartitionMaxBytes, max(req.MaxBytes/parts, leastFetch))
		}
	}
	req.MaxBytes = math.MaxInt32
	return nil, nil
}

// leastFetch is the least part of an answer that a partition gets.
const leastFetch = 16 << 10

// txnOffsets keeps what kfake stages in memory only.
func (h *hooks) txnOffsets(r kmsg.Request) (kmsg.Response, error) {
	req := r.(*kmsg.TxnOffsetCommitRequest)
	if err := h.intents.clear(); err != nil {
		return nil, err
	}
	s := h.staged[req.ProducerID]
	if s == nil || s.epoch < req.ProducerEpoch {
		s = &stagedOffsets{epoch: req.ProducerEpoch}
		h.staged[req.ProducerID] = s
	}
	if s.epoch > req.ProducerEpoch {
		return nil, nil // fenced: kfake refuses it
	}
	for _, t := range req.Topics {
		topic := t.Topic
		if req.Version >= 6 {
			topic = h.topicName(t.TopicID)
		}
		for _, p := range t.Partitions {
			s.offsets = append(s.offsets, groupOffset{
				Group: req.Group, Topic: topic, Part: p.Partition,
				Offset: p.Offset, Epoch: p.LeaderEpoch, Metadata: p.Metadata,
			})
		}
	}
	return nil, nil
}

// topicName resolves an id, which no two topics ever share.
func (h *hooks) topicName(id [16]byte) string {
	name, ok := h.byTopic[id]
	if !ok {
		if info := h.cluster.TopicIDInfo(id); info != nil {
			name = info.Topic
			h.byTopic[id] = name
		}
	}
	return name
}

// endTxn makes the intent durable (L3: markers and offsets become one step).
func (h *hooks) endTxn(r kmsg.Request) (kmsg.Response, error) {
	req := r.(*kmsg.EndTxnRequest)
	if req.Version < endTxnVersion {
		resp := req.ResponseKind().(*kmsg.EndTxnResponse)
		resp.ErrorCode = kerr.UnsupportedVersion.Code
		return resp, nil
	}
	it := intent{TxnID: req.TransactionalID, PID: req.ProducerID, Epoch: req.ProducerEpoch, Commit: req.Commit}
	if s := h.staged[req.ProducerID]; s != nil && s.epoch <= req.ProducerEpoch {
		if s.epoch == req.ProducerEpoch && req.Commit {
			it.Offsets = s.offsets
		}
		delete(h.staged, req.ProducerID)
	}
	if err := h.intents.put(it); err != nil {
		return nil, fmt.Errorf("transaction intent: %w", err)
	}
	return nil, nil
}

// deleteRecords makes the new log starts durable. One record always stays: a
// partition without any would begin at offset 0 after a restart.
func (h *hooks) deleteRecords(r kmsg.Request) (kmsg.Response, error) {
	req := r.(*kmsg.DeleteRecordsRequest)
	starts := make(map[string]map[int32]int64)
	for i := range req.Topics {
		t := &req.Topics[i]
		info := h.cluster.TopicInfo(t.Topic)
		if info == nil {
			continue
		}
		id := topicID(info.TopicID)
		for j := range t.Partitions {
			p := &t.Partitions[j]
			at := h.cluster.PartitionInfo(t.Topic, p.Partition)
			if at == nil || at.HighWatermark == 0 {
				continue
			}
			if p.Offset == -1 || p.Offset == at.HighWatermark {
				p.Offset = max(at.HighWatermark-1, at.LogStartOffset)
			}
			if p.Offset > at.LogStartOffset && p.Offset < at.HighWatermark {
				if starts[id] == nil {
					starts[id] = make(map[int32]int64)
				}
				starts[id][p.Partition] = p.Offset
			}
		}
	}
	if len(starts) == 0 {
		return nil, nil
	}
	return nil, h.ledger.record(starts, nil)
}

// deleteTopics makes the wish durable: kfake removes the files first and the
// name last, and a kill in between would leave an empty topic.
func (h *hooks) deleteTopics(r kmsg.Request) (kmsg.Response, error) {
	req := r.(*kmsg.DeleteTopicsRequest)
	var ids []string
	for _, name := range req.TopicNames {
		if info := h.cluster.TopicInfo(name); info != nil {
			ids = append(ids, topicID(info.TopicID))
		}
	}
	for _, t := range req.Topics {
		id := t.TopicID
		if t.Topic != nil {
			info := h.cluster.TopicInfo(*t.Topic)
			if info == nil {
				continue
			}
			id = info.TopicID
		}
		ids = append(ids, topicID(id))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return nil, h.ledger.record(nil, ids)
}
