package pipeline

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"lethe/stream"
)

// plainKeyring wraps by a fixed pad; what is tested is the record's own cipher.
type plainKeyring struct{ destroyed bool }

func (plainKeyring) Secret(string) ([]byte, error) { return make([]byte, 32), nil }
func (plainKeyring) Wrap(_ string, key []byte) ([]byte, error) {
	return bytes.Clone(key), nil
}
func (v plainKeyring) Unwrap(_ string, wrapped []byte) ([]byte, error) {
	if v.destroyed {
		return nil, stream.ErrDestroyed
	}
	return bytes.Clone(wrapped), nil
}
func (plainKeyring) Periods(string) ([]string, error) { return nil, nil }
func (plainKeyring) Destroy(string) error             { return nil }

func sealed(t testing.TB, r *stream.Record, topic string, partition int32) (header, value []byte) {
	t.Helper()
	s, err := newEncrypter(plainKeyring{}, rawPeriod, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.renew(); err != nil {
		t.Fatal(err)
	}
	return s.header, s.encrypt(nil, at(topic, partition), r)
}

// seqOf is the header of the records here.
func seqOf() []byte { return stream.NewSeq(1, 2, 3).AppendHex(nil) }

// at is what is outside of a record with key k and that seq.
func at(topic string, partition int32) outside {
	return outside{place{topic, partition}, []byte("k"), seqOf()}
}

func TestL1ARecordOpensOnlyAtItsPlaceUnderItsKeyAndInItsOrder(t *testing.T) {
	in := stream.Record{Stream: "src.public.person", Key: []byte(`{"id":1}`), Value: []byte(`{"op":"c"}`), Unchanged: []string{"photo"},
		Kind: stream.KindTruncate, Seq: stream.NewSeq(1, 2, 3), Time: 1234, Undecided: true}
	header, value := sealed(t, &in, "topic", 3)
	if bytes.Contains(value, []byte("person")) {
		t.Error("the ciphertext shows the stream")
	}
	o, err := newDecrypter(plainKeyring{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var out stream.Record
	if _, err := o.decrypt(nil, at("topic", 3), header, value, &out); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out) {
		t.Errorf("opened %+v", out)
	}
	for name, open := range map[string]func() error{
		"another topic":     func() error { _, err := o.decrypt(nil, at("other", 3), header, value, &out); return err },
		"another partition": func() error { _, err := o.decrypt(nil, at("topic", 4), header, value, &out); return err },
		"another key": func() error {
			_, err := o.decrypt(nil, outside{place{"topic", 3}, []byte("other"), seqOf()}, header, value, &out)
			return err
		},
		"a later place in the source's order": func() error {
			_, err := o.decrypt(nil, outside{place{"topic", 3}, []byte("k"), stream.NewSeq(1, 2, 4).AppendHex(nil)}, header, value, &out)
			return err
		},
		"a key that ends in the order": func() error {
			_, err := o.decrypt(nil, outside{place{"topic", 3}, append([]byte("k"), seqOf()...), nil}, header, value, &out)
			return err
		},
		"a changed byte": func() error {
			v := bytes.Clone(value)
			v[len(v)-1] ^= 1
			_, err := o.decrypt(nil, at("topic", 3), header, v, &out)
			return err
		},
		"another session": func() error {
			h, _ := sealed(t, &in, "topic", 3)
			_, err := o.decrypt(nil, at("topic", 3), h, value, &out)
			return err
		},
		"a cut header": func() error { _, err := o.decrypt(nil, at("topic", 3), header[:5], value, &out); return err },
	} {
		if err := open(); !errors.Is(err, errCipher) {
			t.Errorf("%s: %v, want errCipher", name, err)
		}
	}
	gone, err := newDecrypter(plainKeyring{destroyed: true}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.decrypt(nil, at("topic", 3), header, value, &out); !errors.Is(err, stream.ErrDestroyed) {
		t.Errorf("a destroyed key: %v", err)
	}
}

func TestRecordsOfEverySizeOpen(t *testing.T) {
	o, err := newDecrypter(plainKeyring{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 700, quickBelow - 100, quickBelow, 1 << 16} {
		in := stream.Record{Stream: "src.public.person", Value: bytes.Repeat([]byte(`{"op":"c"},`), size/11+1)[:size]}
		header, value := sealed(t, &in, "topic", 3)
		var out stream.Record
		if _, err := o.decrypt(nil, at("topic", 3), header, value, &out); err != nil || !bytes.Equal(in.Value, out.Value) {
			t.Errorf("a record of %d bytes opened as %d: %v", size, len(out.Value), err)
		}
	}
}

func FuzzReadPlain(f *testing.F) {
	f.Add(appendPlain(nil, &stream.Record{Stream: "s", Key: []byte("k"), Value: []byte("v"), Unchanged: []string{"u"}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r stream.Record
		if readPlain(b, &r) != nil {
			return
		}
		if again := appendPlain(nil, &r); !bytes.Equal(again, b) {
			t.Errorf("%x read and written again is %x", b, again)
		}
	})
}
