package masking

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lethe/masking/internal/checkdigit"
	"lethe/masking/internal/digit"
	"lethe/masking/subject"
	"lethe/stream"
)

// subjectKeys is a keyring with keys of subjects, some of whom may be erased.
type subjectKeys struct {
	hashKeys
	erased map[subject.Digest]bool
	fault  error
}

func (k *subjectKeys) Subjects() (subject.Subjects, error) { return k, nil }

func (k *subjectKeys) Clone() subject.Subjects { return k }

func (k *subjectKeys) Holds(time.Duration) error { return nil }

func (k *subjectKeys) Key(digest *subject.Digest, key *subject.Key) (subject.Locator, error) {
	if k.fault != nil {
		return subject.Locator{}, k.fault
	}
	if k.erased[*digest] {
		return subject.Locator{}, subject.ErrErased
	}
	*key = sha256.Sum256(digest[:])
	return subject.Locator{Period: 1}, nil
}

// one is a stream of a column and its customer.
func one(f Field) Plan {
	f.Path = "v"
	return Plan{Stream: "s", Subject: Subject{Column: "customer", Domain: "id.internal"}, Fields: []Field{
		{Path: "customer", Operator: "keep", Type: stream.Type{Base: stream.String}, Nullable: true}, f}}
}

func reversing(t *testing.T, keys Keyring, f Field) func(customer, value string) string {
	t.Helper()
	w, err := Compile(one(f), keys)
	if err != nil {
		t.Fatal(err)
	}
	return func(customer, value string) string {
		t.Helper()
		got, rej := row(t, w, `{"customer":"`+customer+`","v":`+value+`}`)
		if rej != nil {
			return rej.Reason
		}
		_, v, _ := strings.Cut(got, `"v":`)
		return strings.TrimSuffix(v, "}")
	}
}

var (
	text   = stream.Type{Base: stream.String}
	int32s = stream.Type{Base: stream.Int, Bits: 32}
	int64s = stream.Type{Base: stream.Int, Bits: 64}
	money  = stream.Type{Base: stream.Decimal, Precision: 12, Scale: 2}
)

func TestATokenHasTheTypeLengthAndLookOfItsValue(t *testing.T) {
	for typ, values := range map[*stream.Type][]string{
		&text:   {`"somchai.jaidee@example.org"`, `"+66 81-234-5678"`, `"สมชาย ใจดี"`, `"Müller-Lüdenscheidt"`, `"AB 12 CD-99"`, `"１２３４５６７"`, `"山田太郎"`},
		&int32s: {`2147483647`, `-2147483648`, `1234567890`},
		&int64s: {`9223372036854775807`, `-1234567890123`},
		&money:  {`"1234567890.12"`, `"-99999.99"`},
	} {
		token := reversing(t, hashKeys{}, Field{Operator: "tokenize", Domain: "d", Type: *typ})
		for _, v := range values {
			got := token("a", v)
			if got == v || utf8.RuneCountInString(got) != utf8.RuneCountInString(v) || got != token("b", v) {
				t.Errorf("%s becomes %s", v, got)
			}
			l := newLook()
			for i, r := range []rune(v) {
				k, replaced, _ := l.of(r)
				if o := []rune(got)[i]; replaced && (o < k.first || o > k.last) || !replaced && o != r {
					t.Errorf("%s becomes %s: place %d has another look", v, got, i)
				}
			}
		}
	}
}

func TestShortWholeNumbersAreSpreadAndStayDifferent(t *testing.T) {
	token := reversing(t, hashKeys{}, Field{Operator: "tokenize", Domain: "d", Type: int32s})
	seen := map[string]int{}
	for n := range 20000 {
		got := token("a", fmt.Sprint(n))
		if other, ok := seen[got]; ok {
			t.Fatalf("%d and %d have one surrogate", n, other)
		}
		seen[got] = n
		if strings.HasPrefix(got, `"`) || len(got) > spread {
			t.Fatalf("%d becomes %s", n, got)
		}
	}
}

func TestWhatIsTooShortToHideIsRefused(t *testing.T) {
	for _, c := range []struct {
		field Field
		value string
	}{
		{Field{Operator: "tokenize", Domain: "d", Type: text}, `"abcd"`},
		{Field{Operator: "tokenize", Domain: "d", Type: text}, `"12-34 5"`},
		{Field{Operator: "tokenize", Domain: "d", Type: text}, `"ᚠᚢᚦᚨᚱᚲᚷᚹ"`},
		{Field{Operator: "tokenize", Domain: "d", Type: money}, `"12.50"`},
		{Field{Operator: "fpe", Domain: "d", Type: text}, `"12345"`},
		{Field{Operator: "fpe", Domain: "d", Type: text, Params: Params{"keep_last": 4}}, `"123456789"`},
		{Field{Operator: "fpe", Domain: "d", Type: text, Params: Params{"check": "luhn", "keep_first": 6, "keep_last": 4}}, `"4111 1111 1111 1111"`},
		{Field{Operator: "fpe", Domain: "d", Type: text, Params: Params{"check": "luhn"}}, `"4111 1111 1111 1112"`},
		{Field{Operator: "fpe", Domain: "d", Type: text, Params: Params{"check": "mod11_th"}}, `"1-2345-67890-12-3"`},
	} {
		if got := reversing(t, hashKeys{}, c.field)("a", c.value); got != stream.ReasonOperator {
			t.Errorf("%s of %s gives %s", c.field.Operator, c.value, got)
		}
	}
}

func TestFPEKeepsSeparatorsEndsAndChecks(t *testing.T) {
	for _, c := range []struct {
		params             Params
		value, first, last string
		check              func([]byte) bool
	}{
		{nil, `"4111 1111 1111 1111"`, "", "", nil},
		{Params{"check": "luhn"}, `"4111 1111 1111 1111"`, "", "", checkdigit.Luhn},
		{Params{"check": "luhn", "keep_first": 2, "keep_last": 4}, `"4111 1111 1111 1111"`, `"41`, `1111"`, checkdigit.Luhn},
		{Params{"check": "mod11_th"}, `"1-1017-00207-36-6"`, "", "", checkdigit.Thai},
		{Params{"keep_last": 3}, `"๑๒๓-๔๕๖-๗๘๙๐"`, "", `๘๙๐"`, nil},
	} {
		f := Field{Operator: "fpe", Domain: "d", Type: text, Params: c.params}
		got := reversing(t, hashKeys{}, f)("a", c.value)
		if got == c.value || !strings.HasPrefix(got, c.first) || !strings.HasSuffix(got, c.last) || utf8.RuneCountInString(got) != utf8.RuneCountInString(c.value) {
			t.Errorf("%s becomes %s", c.value, got)
		}
		var digits []byte
		for _, r := range got {
			if zero, ok := digit.Zero(r); ok {
				digits = append(digits, '0'+byte(r-zero))
			}
		}
		if c.check != nil && !c.check(digits) {
			t.Errorf("%s becomes %s, whose check fails", c.value, got)
		}
	}
}

func TestL1FPERefusesWhatWouldStayBesideTheDigits(t *testing.T) {
	mask := reversing(t, hashKeys{}, Field{Operator: "fpe", Domain: "d"})
	for _, v := range []string{`"1101700230708 somchai@example.com"`, `"1234567 \u0668\u0669\u0660"`, `"call 0812345678 now"`} {
		if got := mask("1", v); got != "operator" {
			t.Errorf("%s became %s", v, got)
		}
	}
	if got := mask("1", `"GB82 WEST 1234 5698 7654 32"`); !strings.HasPrefix(got, `"GB`) {
		t.Errorf("an IBAN became %s", got)
	}
}

func TestFPEOfAWholeNumberIsText(t *testing.T) {
	f := Field{Operator: "fpe", Domain: "d", Type: int64s, Params: Params{"check": "mod11_th"}}
	got := reversing(t, hashKeys{}, f)("a", `1101700207366`)
	if len(got) != len(`"1101700207366"`) || got[0] != '"' || got == `"1101700207366"` {
		t.Errorf("%s", got)
	}
	op, _ := Lookup("fpe")
	if out := op.Output(f.Type); out.Base != stream.String || !op.Takes(f.Type, f.Params) {
		t.Errorf("it gives %s", out)
	}
	f.Type = text
	if got := reversing(t, hashKeys{}, f)("a", `""`); got != `""` {
		t.Errorf("the empty text: %s", got)
	}
	f.Special = true
	if got := reversing(t, hashKeys{}, f)("a", `""`); got != redacted {
		t.Errorf("the empty text of class special: %s", got)
	}
}

func TestL5WhatIsUnderASubjectsKeyIsGoneWithTheSubject(t *testing.T) {
	for _, f := range []Field{
		{Operator: "tokenize", Domain: "d", Type: text, Erasable: true},
		{Operator: "fpe", Domain: "d", Type: text, Erasable: true},
		{Operator: "encrypt", Type: text},
	} {
		keys := &subjectKeys{erased: map[subject.Digest]bool{}}
		mask := reversing(t, keys, f)
		ann := mask("ann", `"081 234 5678"`)
		if ann != mask("ann", `"081 234 5678"`) || ann == mask("bo", `"081 234 5678"`) {
			t.Errorf("%s: equal values of one subject differ, or of two are equal", f.Operator)
		}
		d, err := subject.NewDigester(keys, "id.internal")
		if err != nil {
			t.Fatal(err)
		}
		var digest subject.Digest
		d.Digest(&digest, []byte("ann"))
		keys.erased[digest] = true
		if got := mask("ann", `"081 234 5678"`); got != redacted {
			t.Errorf("%s: an erased subject's value becomes %s", f.Operator, got)
		}
		if got := mask("", `"081 234 5678"`); got != redacted {
			t.Errorf("%s: nobody's value becomes %s", f.Operator, got)
		}
		if got := mask("bo", `"081 234 5678"`); got == redacted {
			t.Errorf("%s: another subject's value is gone, too", f.Operator)
		}
		// A keyring that nobody vouches for is no property of a record: the worker
		// stops, and nothing goes to quarantine.
		keys.fault = subject.ErrNoLease
		w, err := Compile(one(f), keys)
		if err != nil {
			t.Fatal(err)
		}
		var out stream.Masked
		err = process(w, &stream.Record{Value: []byte(`{"after":{"customer":"bo","v":"081 234 5678"},"op":"c"}`)}, &out)
		if rej := (*stream.Rejection)(nil); !errors.Is(err, subject.ErrNoLease) || errors.As(err, &rej) || len(out.Value) > 0 {
			t.Errorf("%s without a lease: %v", f.Operator, err)
		}
	}
}

func TestAnEncryptedValueOpensAtItsPlaceOnly(t *testing.T) {
	keys := &subjectKeys{}
	token := strings.Trim(reversing(t, keys, Field{Operator: "encrypt", Type: text})("ann", `"081\t234"`), `"`)
	s, err := subject.NewSealer(keys)
	if err != nil {
		t.Fatal(err)
	}
	find := func(_ subject.Locator, digest *subject.Digest, key *subject.Key) error {
		_, err := keys.Key(digest, key)
		return err
	}
	var seq stream.Seq
	got, err := s.Open(nil, []byte(token), subject.NewField("s", "v", "1", false), seq[:], find)
	if err != nil || string(got) != "s081\t234" {
		t.Errorf("%q, %v", got, err)
	}
	seq[0]++
	if _, err := s.Open(nil, []byte(token), subject.NewField("s", "v", "1", false), seq[:], find); !errors.Is(err, subject.ErrToken) {
		t.Errorf("at another place: %v", err)
	}
}
