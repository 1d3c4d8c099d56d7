package broker

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// raw speaks for a transactional producer, one request at a time.
type raw struct {
	t     *testing.T
	b     *Broker
	cl    *kgo.Client
	pid   int64
	epoch int16
	seq   int32
}

func newRaw(t *testing.T, b *Broker, id string) *raw {
	t.Helper()
	r := &raw{t: t, b: b, cl: client(t, b)}
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID, req.TransactionTimeoutMillis = &id, 60_000
	resp, err := req.RequestWith(t.Context(), r.cl)
	if err != nil || resp.ErrorCode != 0 {
		t.Fatal(err, resp.ErrorCode)
	}
	r.pid, r.epoch = resp.ProducerID, resp.ProducerEpoch
	return r
}

func (r *raw) produce(topic, id, value string) {
	r.t.Helper()
	rec := kmsg.Record{Value: []byte(value)}
	rec.Length = int32(len(rec.AppendTo(nil)) - 1)
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TransactionID = -1, &id
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, TopicID: r.b.cluster.TopicInfo(topic).TopicID,
		Partitions: []kmsg.ProduceRequestTopicPartition{{Records: sealBatch(kmsg.RecordBatch{
			PartitionLeaderEpoch: -1, Magic: 2, Attributes: attrTransactional, ProducerID: r.pid, ProducerEpoch: r.epoch,
			FirstSequence: r.seq, NumRecords: 1, Records: rec.AppendTo(nil),
		})}}}}
	resp, err := req.RequestWith(r.t.Context(), r.cl)
	if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
		r.t.Fatal(err, resp)
	}
	r.seq++
}

func (r *raw) end(id string, commit bool) int16 {
	r.t.Helper()
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = id, r.pid, r.epoch, commit
	resp, err := req.RequestWith(r.t.Context(), r.cl)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.ErrorCode
}

func TestL3TheIntentOfARefusedEndTxnDoesNotEndTheNextTransaction(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	r := newRaw(t, b, "x")
	if code := r.end("x", true); code != kerr.InvalidTxnState.Code {
		t.Fatalf("an empty commit gave error %d", code)
	}
	r.produce("a", "x", "open") // same epoch: nothing was ended
	b = start(t, image(t, b))
	same(t, committed(t, b, "a", 0))
	if b.Recovered().Aborted != 1 {
		t.Fatalf("recovered %+v", b.Recovered())
	}
}

func TestL3TheIntentOfAFencedProducerChangesNothing(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	old := newRaw(t, b, "x")
	fresh := newRaw(t, b, "x")
	fresh.produce("a", "x", "open")
	if code := old.end("x", true); code == 0 {
		t.Fatal("a fenced producer ended a transaction")
	}
	b = start(t, image(t, b))
	same(t, committed(t, b, "a", 0))
}

func TestL3ATornIntentIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "intent")
	f, err := openIntents(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	long := intent{TxnID: "x", PID: 1, Commit: true, Offsets: make([]groupOffset, 9)}
	short := intent{TxnID: "y", PID: 2}
	for _, it := range []intent{long, short} {
		if err := f.put(it); err != nil {
			t.Fatal(err)
		}
		if got, err := readIntent(path); err != nil || got == nil || got.TxnID != it.TxnID || len(got.Offsets) != len(it.Offsets) {
			t.Fatalf("read %+v, %v", got, err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.put(long); err != nil {
		t.Fatal(err)
	}
	next, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range next { // the first n bytes of the long one over the short one
		if err := os.WriteFile(path, append(next[:n:n], whole[n:]...), 0o600); err != nil {
			t.Fatal(err)
		}
		it, err := readIntent(path)
		if err != nil {
			t.Fatal(err)
		}
		if it != nil && it.TxnID != "x" && it.TxnID != "y" {
			t.Fatalf("%d bytes: read %+v", n, it)
		}
	}
	if err := f.clear(); err != nil {
		t.Fatal(err)
	}
	if it, err := readIntent(path); it != nil || err != nil {
		t.Fatalf("cleared, read %+v, %v", it, err)
	}
}
