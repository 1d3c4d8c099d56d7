package subject

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"runtime"
	"strings"
	"testing"

	"lethe/masking/keyring/file"
)

// about is a subject with its key, as masking has it.
func about(t testing.TB, w *workplace, i int) *About {
	t.Helper()
	a := &About{Digest: subject(i)}
	var err error
	a.At, err = w.Subjects("7y").Key(&a.Digest, &a.Key)
	must(t, err)
	return a
}

func newSealer(t testing.TB, w *workplace) *Sealer {
	t.Helper()
	keyring, err := file.Open(w.keys)
	must(t, err)
	s, err := NewSealer(keyring)
	must(t, err)
	return s
}

func TestL5ValueAboutTwoSubjectsDiesWithEither(t *testing.T) {
	for gone := range 2 {
		w := newWorkplace(t)
		s, f := newSealer(t, w), NewField("crm.public.chat", "text", "1", false)
		a, b := about(t, w, 0), about(t, w, 1)
		both := s.Seal(nil, []byte("you and me"), f, []byte("seq"), a, b)
		if other := s.Clone().Seal(nil, []byte("you and me"), f, []byte("seq"), b, a); !bytes.Equal(both, other) {
			t.Error("the order of the subjects shows")
		}
		one := [2][]byte{s.Seal(nil, []byte("me"), f, []byte("seq"), a, nil), s.Seal(nil, []byte("me"), f, []byte("seq"), b, b)}
		for i, token := range [][]byte{both, one[0], one[1]} {
			if got, err := s.Open([]byte(">"), token, f, []byte("seq"), w.Find); err != nil || len(got) < 3 || got[0] != '>' {
				t.Errorf("token %d: %q %v", i, got, err)
			}
		}
		w.erase(t, subjects(gone, gone+1))
		if got, err := s.Open(nil, both, f, []byte("seq"), w.Find); !errors.Is(err, ErrErased) || got != nil {
			t.Errorf("of two %d is erased: %v", gone, err)
		}
		for i, token := range one {
			if _, err := s.Open(nil, token, f, []byte("seq"), w.Find); errors.Is(err, ErrErased) != (i == gone) {
				t.Errorf("subject %d: %v", i, err)
			}
		}
		must(t, w.Return(context.Background(), subjects(gone, gone+1)))
		must(t, w.Lease(1))
		if _, err := s.Open(nil, both, f, []byte("seq"), w.Find); !errors.Is(err, ErrErased) {
			t.Errorf("the subject came back: %v", err)
		}
	}
}

func TestTokensOpenOnlyWhereTheyWereSealed(t *testing.T) {
	w := newWorkplace(t)
	s, f := newSealer(t, w), NewField("s", "p", "1", false)
	a := about(t, w, 0)
	for _, text := range []string{"", "x", "0812345678", strings.Repeat("long ", 1000)} {
		token := s.Seal(nil, []byte(text), f, []byte("1"), a, nil)
		if got, err := s.Open(nil, token, f, []byte("1"), w.Find); err != nil || string(got) != text {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		for name, try := range map[string]func() ([]byte, error){
			"another position":   func() ([]byte, error) { return s.Open(nil, token, f, []byte("2"), w.Find) },
			"another path":       func() ([]byte, error) { return s.Open(nil, token, NewField("s", "q", "1", false), []byte("1"), w.Find) },
			"another stream":     func() ([]byte, error) { return s.Open(nil, token, NewField("r", "p", "1", false), []byte("1"), w.Find) },
			"another epoch":      func() ([]byte, error) { return s.Open(nil, token, NewField("s", "p", "2", false), []byte("1"), w.Find) },
			"a joinable field":   func() ([]byte, error) { return s.Open(nil, token, NewField("s", "p", "1", true), []byte("1"), w.Find) },
			"names run together": func() ([]byte, error) { return s.Open(nil, token, NewField("sp", "", "1", false), []byte("1"), w.Find) },
			"nothing":            func() ([]byte, error) { return s.Open(nil, nil, f, []byte("1"), w.Find) },
			"another keyring": func() ([]byte, error) {
				o := newWorkplace(t)
				return newSealer(t, o).Open(nil, token, f, []byte("1"), o.Find)
			},
		} {
			if got, err := try(); !errors.Is(err, ErrToken) || len(got) > 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		raw, _ := base64.RawURLEncoding.DecodeString(string(token))
		for i := range min(len(raw), 200) {
			bad := bytes.Clone(raw)
			bad[i] ^= 1
			if _, err := s.Open(nil, base64.RawURLEncoding.AppendEncode(nil, bad), f, []byte("1"), w.Find); !errors.Is(err, ErrToken) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
		for n := range min(len(token), 200) {
			if _, err := s.Open(nil, token[:n], f, []byte("1"), w.Find); !errors.Is(err, ErrToken) {
				t.Fatalf("%d characters of it: %v", n, err)
			}
		}
	}
}

func TestL6EqualValuesGiveEqualTokensWhereTheyShall(t *testing.T) {
	w := newWorkplace(t)
	s := newSealer(t, w)
	a, b := about(t, w, 0), about(t, w, 1)
	own, joined := NewField("s", "p", "1", false), NewField("s", "p", "1", true)
	seal := func(f *Field, text, position string, a *About) string {
		return string(s.Seal(nil, []byte(text), f, []byte(position), a, nil))
	}
	if first := seal(own, "x", "1", a); first != seal(own, "x", "1", a) || seal(joined, "x", "1", a) != seal(joined, "x", "2", a) {
		t.Error("equal values give two tokens")
	}
	if seal(own, "x", "1", a) == seal(own, "x", "2", a) || seal(joined, "x", "1", a) == seal(joined, "x", "1", b) {
		t.Error("equal tokens")
	}
	// Nothing in two tokens tells that they are about one subject.
	x, y := seal(own, "x", "1", a), seal(own, "y", "1", a)
	for i := range x[2:] {
		if i+8 < len(x) && strings.Contains(y, x[2+i:min(len(x), 2+i+6)]) {
			t.Fatalf("tokens share characters at %d", i)
		}
	}
}

// fixed is a keyring of fixed keys.
type fixed struct{}

func (fixed) Epoch() string { return "1" }

func (fixed) Secret(name string) ([]byte, error) {
	return bytes.Repeat([]byte{byte(len(name))}, 32), nil
}

func TestL6TokensAreAsTheyWere(t *testing.T) {
	s, err := NewSealer(fixed{})
	must(t, err)
	d, err := NewDigester(fixed{}, "id.internal")
	must(t, err)
	a, b := &About{At: Locator{Period: 1, Generation: 2}}, &About{At: Locator{Period: 1}}
	d.Digest(&a.Digest, []byte("42"))
	d.Clone().Digest(&b.Digest, []byte("43"))
	a.Key[0], b.Key[0] = 1, 2
	f := NewField("crm.public.customer", "phone", "1", false)
	for i, want := range []string{
		"EVEb9mTdF0U4vKi7FKCmeRDYK68pp19GE-0rwhbwyw9usGR5MzIpOdPBj6hHBKedG6iW1hU3_GU07QxwC5gSnX--O9MZpraalXCGueRX9g",
		"ElNIk0UyOj1_-uDVSyYs9OfnV9ueBrv5QRR7ZE6RXmB32v3eZS7Swt8IFS-RdfOmalmmACq87SWpbRTmhd4N715-Rk8qsquVVsdt-uLo9s6wCNCR6uZN-tM_zoURL34Pi0IIDByIYCG9HlQPs4ftH2Pryg",
	} {
		got := s.Seal(nil, []byte("0812345678"), f, []byte("position"), a, [2]*About{nil, b}[i])
		if string(got) != want {
			t.Errorf("about %d: %s, want %s", i+1, got, want)
		}
	}
}

func TestSealingAndKeysAllocateNothing(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("without AES instructions of our own crypto/aes is used, which allocates for each key")
	}
	w := newWorkplace(t)
	s, f, k := newSealer(t, w), NewField("s", "p", "1", false), w.Subjects("7y")
	d, err := NewDigester(fixed{}, "id.internal")
	must(t, err)
	a, b := &About{}, about(t, w, 0)
	text, position, id := []byte("0812345678"), make([]byte, 20), []byte("0000")
	dst := make([]byte, 0, 4096)
	n := 0
	value := func() {
		n++
		id[0], id[1] = byte(n), byte(n>>8)
		d.Digest(&a.Digest, id)
		a.At, err = k.Key(&a.Digest, &a.Key)
		s.Seal(dst, text, f, position, a, nil)
		s.Seal(dst, text, f, position, a, b)
	}
	value()
	if got := testing.AllocsPerRun(2000, value); got != 0 || err != nil {
		t.Errorf("%v allocations per value of a subject not met before, %v", got, err)
	}
}
