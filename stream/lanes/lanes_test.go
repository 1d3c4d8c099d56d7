package lanes

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// batch is n copies of a message, so that every lane gets one.
func batch(n int, key *Key, data []byte) []Message {
	m := make([]Message, n)
	for i := range m {
		m[i] = Message{Key: key, Data: data, Out: new([Size]byte)}
	}
	return m
}

// FIPS 180-4's examples and NIST's known answers for short and long messages.
func TestPublishedDigestsHoldInEveryLane(t *testing.T) {
	var h Hasher
	for _, c := range []struct{ data, want string }{
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
			"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
		{strings.Repeat("a", 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
		{"\xbd", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
		{"\xc9\x8c\x8e\x55", "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"},
		{strings.Repeat("\x00", 55), "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
		{strings.Repeat("\x00", 56), "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
		{strings.Repeat("\x00", 57), "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"},
		{strings.Repeat("\x00", 64), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
		{strings.Repeat("\x00", 1000), "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"},
	} {
		for _, n := range []int{1, width, 2*width + 3} {
			each(&h, batch(n, nil, []byte(c.data)), func(by ways, i int, m Message) {
				if got := hex.EncodeToString(m.Out[:]); got != c.want {
					t.Fatalf("%.20q of %d bytes, message %d of %d by %v: %s, want %s", c.data, len(c.data), i, n, by, got, c.want)
				}
			})
		}
	}
}

// RFC 4231 §4.
func TestPublishedHMACsHoldInEveryLane(t *testing.T) {
	var h Hasher
	for _, c := range []struct{ key, data, want string }{
		{strings.Repeat("\x0b", 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{strings.Repeat("\xaa", 20), strings.Repeat("\xdd", 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{strings.Repeat("\xaa", 131), "Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	} {
		for _, n := range []int{1, width, 2*width + 3} {
			each(&h, batch(n, NewKey([]byte(c.key)), []byte(c.data)), func(by ways, i int, m Message) {
				if got := hex.EncodeToString(m.Out[:]); got != c.want {
					t.Fatalf("key %x, message %d of %d by %v: %s, want %s", c.key, i, n, by, got, c.want)
				}
			})
		}
	}
}

// each hashes the messages by each way, and shows what came out.
func each(h *Hasher, messages []Message, see func(by ways, i int, m Message)) {
	for _, by := range all() {
		for _, m := range messages {
			*m.Out = [Size]byte{}
		}
		h.sum(messages, by)
		for i, m := range messages {
			see(by, i, m)
		}
	}
}

// plain is what the standard library makes of a message.
func plain(secret, data []byte) (out [Size]byte) {
	if secret == nil {
		return sha256.Sum256(data)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(data)
	mac.Sum(out[:0])
	return out
}

// mixed is a batch of what random numbers say: lengths about the ends of blocks
// or any, with and without keys.
func mixed(t testing.TB, r *rand.Rand, n, longest int) (messages []Message, want [][Size]byte) {
	t.Helper()
	text := make([]byte, longest+64)
	for i := range text {
		text[i] = byte(r.Uint32())
	}
	var secrets [3][]byte
	var keys [3]*Key
	for i := range keys {
		secrets[i] = text[i : i+1+r.IntN(min(100, longest+1))]
		keys[i] = NewKey(secrets[i])
	}
	edges := []int{0, 1, 31, 32, 54, 55, 56, 57, 62, 63, 64, 65, 118, 119, 120, 127, 128, 129}
	for range n {
		size := r.IntN(longest + 1)
		if r.IntN(2) == 0 {
			size = min(longest, edges[r.IntN(len(edges))])
		}
		from := r.IntN(len(text) - size)
		m := Message{Data: text[from : from+size : from+size], Out: new([Size]byte)}
		var secret []byte
		if k := r.IntN(2 * len(keys)); k < len(keys) {
			m.Key, secret = keys[k], secrets[k]
		}
		messages, want = append(messages, m), append(want, plain(secret, m.Data))
	}
	return messages, want
}

// all are the ways that this machine has, crypto/sha256 alone among them.
func all() (w []ways) {
	for _, by := range []ways{{}, {paired: true}, {wide: true}, {true, true}} {
		if (here.wide || !by.wide) && (here.paired || !by.paired) {
			w = append(w, by)
		}
	}
	return w
}

func compare(t *testing.T, h *Hasher, messages []Message, want [][Size]byte) {
	t.Helper()
	each(h, messages, func(by ways, i int, m Message) {
		if *m.Out != want[i] {
			t.Fatalf("message %d of %d by %v, %d bytes, keyed %t: %x, want %x", i, len(messages), by, len(m.Data), m.Key != nil, *m.Out, want[i])
		}
	})
}

func TestL6EveryBatchHashesAsTheStandardLibraryDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 3_000
	if testing.Short() {
		rounds = 300
	}
	var h Hasher
	for range rounds {
		messages, want := mixed(t, r, r.IntN(100), []int{0, 70, 200, 1000, 9000}[r.IntN(5)])
		compare(t, &h, messages, want)
	}
}

// A batch in which few messages work much longer than the others; the longest are
// too long to be hashed without a pause.
func TestOneLongMessageAmongShortOnesIsHashedAsTheOthersAre(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var h Hasher
	for _, long := range []int{1, 3, 6, 17} {
		messages, want := mixed(t, r, 40, 300)
		for i := range long {
			text := make([]byte, 90_000*(1+i%4)+i)
			var secret []byte
			m := Message{Data: text, Out: new([Size]byte)}
			if i%2 == 1 {
				secret = []byte("secret")
				m.Key = NewKey(secret)
			}
			messages, want = append(messages, m), append(want, plain(secret, text))
		}
		compare(t, &h, messages, want)
	}
}

func TestL6PairsOfHashesAreHashedAsTheStandardLibraryDoes(t *testing.T) {
	var h Hasher
	for n := range 200 {
		hashes, want := make([][Size]byte, n), make([][Size]byte, n)
		for i := range hashes {
			hashes[i] = sha256.Sum256([]byte{byte(n), byte(i)})
		}
		copy(want, hashes)
		for i := range n / 2 {
			want[i] = sha256.Sum256(fmt.Appendf(nil, "\x01%s%s", hashes[2*i][:], hashes[2*i+1][:]))
		}
		for _, by := range all() {
			got := slices.Clone(hashes)
			pairsBy(&h, got, by)
			for i := range n / 2 {
				if got[i] != want[i] {
					t.Fatalf("pair %d of %d hashes by %v: %x, want %x", i, n, by, got[i], want[i])
				}
			}
			if n%2 == 1 && got[n-1] != hashes[n-1] {
				t.Fatalf("the last of %d hashes changed", n)
			}
		}
	}
}

func FuzzL6BatchesHashAsTheStandardLibraryDoes(f *testing.F) {
	f.Add(uint64(1), uint8(16), uint16(64))
	f.Add(uint64(2), uint8(33), uint16(826))
	var h Hasher
	f.Fuzz(func(t *testing.T, seed uint64, n uint8, longest uint16) {
		messages, want := mixed(t, rand.New(rand.NewPCG(seed, 0)), int(n), int(longest))
		compare(t, &h, messages, want)
	})
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	messages, _ := mixed(t, rand.New(rand.NewPCG(5, 6)), 300, 1000)
	var h Hasher
	h.Sum(messages)
	for _, by := range all() {
		if n := testing.AllocsPerRun(20, func() { h.sum(messages, by); h.sum(messages[:2], by) }); n != 0 {
			t.Errorf("%v allocations for a batch by %v", n, by)
		}
	}
}

func TestL7AKeyCannotBePrinted(t *testing.T) {
	k := NewKey([]byte("secret"))
	want := fmt.Sprintf("%d", k.inner[0])
	for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%x", "%s"} {
		if got := fmt.Sprintf(verb, k); got != "[key]" || strings.Contains(got, want) {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func BenchmarkSum(b *testing.B) {
	for _, size := range []int{32, 64, 128, 826} {
		for _, n := range []int{16, 64, 256} {
			for _, keyed := range []bool{false, true} {
				bench(b, size, n, keyed)
			}
		}
	}
}

func bench(b *testing.B, size, n int, keyed bool) {
	var key *Key
	if keyed {
		key = NewKey([]byte("secret"))
	}
	messages := batch(n, key, nil)
	text := make([]byte, n*(size+3))
	for i := range messages {
		messages[i].Data = text[i*(size+3):][:size]
	}
	blocks := (size + 9 + 63) / 64
	if keyed {
		blocks++
	}
	each := func(b *testing.B, sum func()) {
		b.ReportAllocs()
		for b.Loop() {
			sum()
		}
		one := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(n)
		b.ReportMetric(one, "ns/message")
		b.ReportMetric(one/float64(blocks), "ns/block")
		b.ReportMetric(0, "ns/op")
	}
	var h Hasher
	name := fmt.Sprintf("size=%d/batch=%d/keyed=%t", size, n, keyed)
	for _, by := range all() {
		way := fmt.Sprintf("wide:%t,paired:%t", by.wide, by.paired)
		b.Run(name+"/way="+way, func(b *testing.B) { each(b, func() { h.sum(messages, by) }) })
	}
}
