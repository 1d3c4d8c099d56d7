package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// take encrypts a record and produces it to its place.
func (w *ingestWriter) take(r *stream.Record) error {
	topic := w.rawTopic(w.class(r.Stream))
	if w.marked {
		marked := *r
		marked.Undecided = true
		r = &marked
	}
	w.tx.newest = max(w.tx.newest, r.Time)
	if r.Kind == stream.KindTruncate {
		// A truncate concerns every key, so it goes to every partition.
		for p := range w.Partitions {
			w.put(topic, p, nil, r)
		}
		return nil
	}
	key := w.route(r)
	p := int32(binary.BigEndian.Uint64(key) % uint64(w.Partitions))
	if size := len(r.Key) + len(r.Value); size+4096 > w.Cluster.Largest() {
		return w.putOversize(topic, p, key, r)
	}
	w.put(topic, p, key, r)
	return nil
}

// class is the class of a stream, the highest for one that nobody decided on. It
// stays so: what was read of it is in quarantine or on its way there, and what a
// later contract let through would overtake that (L2).
func (w *ingestWriter) class(name string) stream.Class {
	class, ok := w.Class(name)
	if w.marked = !ok || w.undecided[name]; !w.marked {
		return class
	}
	w.undecided[name] = true
	return stream.Classes[len(stream.Classes)-1] // L1
}

// rawTopic is the topic of a class; its name is made once for a run of records.
func (w *ingestWriter) rawTopic(class stream.Class) string {
	if w.topic == "" || w.last != class {
		w.last, w.topic = class, w.Topics.Raw(class, w.Source)
	}
	return w.topic
}

// putOversize sends what stands for a record that no topic takes, by keyed
// digest and size: every connection quarantines it in its place, so that what
// follows under its key is parked behind it.
func (w *ingestWriter) putOversize(topic string, p int32, key []byte, r *stream.Record) error {
	about, err := json.Marshal(map[string]any{"digest": fmt.Sprintf("%x", key), "size": len(r.Value)})
	if err != nil {
		return err
	}
	stub := stream.Record{Stream: r.Stream, Value: about, Seq: r.Seq, Kind: stream.KindOversize, Time: r.Time, Undecided: r.Undecided}
	w.put(topic, p, key, &stub)
	return nil
}

// route is the raw key: a keyed hash of stream and primary key, of the whole
// row where there is none, so that no clear key lies outside the ciphertext.
func (w *ingestWriter) route(r *stream.Record) []byte {
	w.router.Reset()
	w.name = binary.BigEndian.AppendUint32(w.name[:0], uint32(len(r.Stream)))
	w.name = append(w.name, r.Stream...)
	w.router.Write(w.name)
	if r.Key != nil {
		w.router.Write(r.Key)
	} else {
		w.router.Write(r.Value)
	}
	return w.router.Sum(w.slab.room(32))
}

func (w *ingestWriter) put(topic string, p int32, key []byte, r *stream.Record) {
	out := w.tx.outputs.to(topic, p)
	salt := w.salt()
	from := len(w.tx.arena)
	seq := r.Seq.AppendHex(w.slab.room(40))
	w.tx.arena = w.encrypter.encrypt(w.tx.arena, outside{place{topic, p}, key, seq}, r)
	value := w.tx.arena[from:len(w.tx.arena):len(w.tx.arena)]
	w.leaves.Add(&out.leaves, salt, key, value, seq, nil)
	k := w.slab.record(topic, p)
	k.Key, k.Value = key, value
	k.Headers = w.slab.head(kgo.RecordHeader{Key: stream.HeaderSeq, Value: seq}, kgo.RecordHeader{Key: stream.HeaderSalt, Value: salt},
		kgo.RecordHeader{Key: stream.HeaderSession, Value: w.encrypter.header})
	if w.encrypter.sealed != nil {
		k.Headers = append(k.Headers, kgo.RecordHeader{Key: stream.HeaderAuditor, Value: w.encrypter.sealed})
	}
	w.client.Produce(context.Background(), k, out.promise)
	w.tx.in++
	w.tx.streams[r.Stream]++
	w.tx.bytes += len(value)
}

// newSalts hands out 16 random bytes at a time.
func newSalts() func() []byte {
	var buf []byte
	return func() []byte {
		if len(buf) < 16 {
			buf = make([]byte, 16*256)
			rand.Read(buf)
		}
		s := buf[:16:16]
		buf = buf[16:]
		return s
	}
}
