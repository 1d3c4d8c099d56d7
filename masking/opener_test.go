package masking

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lethe/masking/subject"
	"lethe/stream"
)

// Find is the key that Key gave.
func (k *subjectKeys) Find(_ subject.Locator, digest *subject.Digest, key *subject.Key) error {
	_, err := k.Key(digest, key)
	return err
}

// veil takes a masked value apart.
func veil(masked, owner string) Veiled {
	text, quoted := strings.CutPrefix(masked, `"`)
	v := Veiled{Text: []byte(strings.TrimSuffix(text, `"`)), Number: !quoted, Seq: new(stream.Seq)}
	if owner != "" {
		v.Subject = []byte(owner)
	}
	return v
}

func TestWhatReversibleOperatorsMaskedIsGivenBack(t *testing.T) {
	yes := stream.Type{Base: stream.Bool}
	for i, c := range []struct {
		field  Field
		values []string
	}{
		{Field{Operator: "encrypt", Type: text}, []string{`"somchai"`, `""`, `"สมชาย \" \\ \n"`}},
		{Field{Operator: "encrypt", Type: int64s, Params: Params{"joinable": "yes"}}, []string{`42`, `-9223372036854775808`}},
		{Field{Operator: "encrypt", Type: yes}, []string{`true`, `false`}},
		{Field{Operator: "encrypt", Type: text, Special: true, Nullable: true}, []string{`null`}},
		{Field{Operator: "tokenize", Domain: "d", Type: text, Erasable: true}, []string{`"somchai.jaidee@example.org"`, `"สมชาย ใจดี"`, `""`}},
		{Field{Operator: "tokenize", Domain: "d", Type: int32s}, []string{`0`, `7`, `-12`, `2147483647`, `-2147483648`, `1234567890`}},
		{Field{Operator: "tokenize", Domain: "d", Type: money, Erasable: true}, []string{`"1234567890.12"`, `"99999.99"`}},
		{Field{Operator: "fpe", Domain: "d", Type: text, Params: Params{"check": "luhn", "keep_last": 4}}, []string{`"4111 1111 1111 1111"`}},
		{Field{Operator: "fpe", Domain: "d", Type: text, Erasable: true}, []string{`"081-234-5678"`, `""`}},
		{Field{Operator: "fpe", Domain: "d", Type: int64s, Params: Params{"check": "mod11_th"}}, []string{`1101700207366`}},
	} {
		t.Run(fmt.Sprint(i, " ", c.field.Operator), func(t *testing.T) {
			keys := &subjectKeys{}
			mask := reversing(t, keys, c.field)
			o, err := NewOpener(one(c.field), "v", keys)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range c.values {
				masked := mask("ann", v)
				got, err := o.Open(nil, veil(masked, "ann"))
				if err != nil || string(got) != v {
					t.Errorf("value %d of %s becomes %s: %v", len(v), c.field.Operator, masked, err)
				}
			}
		})
	}
}

func TestL5WhatIsNotGivenBackSaysWhy(t *testing.T) {
	keys := &subjectKeys{erased: map[subject.Digest]bool{}}
	d, err := subject.NewDigester(keys, "id.internal")
	if err != nil {
		t.Fatal(err)
	}
	var ann subject.Digest
	d.Digest(&ann, []byte("ann"))
	token := Field{Operator: "tokenize", Domain: "d", Type: text, Erasable: true}
	hidden := Field{Operator: "encrypt", Type: text}
	for name, c := range map[string]struct {
		field  Field
		change func(v *Veiled)
		want   error
	}{
		"whose a token is":       {token, func(v *Veiled) { v.Subject = nil }, ErrNeedsSubject},
		"an erased one's token":  {token, func(v *Veiled) { keys.erased[ann] = true }, subject.ErrErased},
		"an erased one's value":  {hidden, func(v *Veiled) { keys.erased[ann] = true }, subject.ErrErased},
		"where a value was":      {hidden, func(v *Veiled) { v.Seq = nil }, ErrNeedsPosition},
		"another record's place": {hidden, func(v *Veiled) { v.Seq[3]++ }, subject.ErrToken},
		"a token with one bit":   {hidden, func(v *Veiled) { v.Text[20] ^= 1 }, subject.ErrToken},
		"no token at all":        {hidden, func(v *Veiled) { v.Text = []byte("ann") }, subject.ErrToken},
		"what was redacted":      {hidden, func(v *Veiled) { v.Text = []byte("[redacted]") }, ErrRedacted},
		"nothing that it makes":  {token, func(v *Veiled) { v.Text = []byte("a") }, ErrNotMasked},
		"no lease":               {token, func(v *Veiled) { keys.fault = subject.ErrNoLease }, subject.ErrNoLease},
	} {
		t.Run(name, func(t *testing.T) {
			masked := reversing(t, keys, c.field)("ann", `"somchai jaidee"`)
			o, err := NewOpener(one(c.field), "v", keys)
			if err != nil {
				t.Fatal(err)
			}
			v := veil(masked, "ann")
			c.change(&v)
			defer func() { keys.fault, keys.erased = nil, map[subject.Digest]bool{} }()
			if got, err := o.Open(nil, v); !errors.Is(err, c.want) || len(got) > 0 {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	for path, f := range map[string]Field{"v": {Operator: "hmac", Domain: "d", Type: text}, "w": hidden} {
		if _, err := NewOpener(one(f), path, keys); len(stream.Faults(err)) != 1 || stream.Faults(err)[0].Hint == "" {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// ofTwo is a stream of a column, its customer and a recipient.
func ofTwo(f Field) Plan {
	p := one(f)
	p.Subject.Also, p.Subject.AlsoDomain = "recipient", "id.internal"
	p.Fields = append(p.Fields, Field{Path: "recipient", Operator: "keep"})
	return p
}

func TestL5AValueOfTwoSubjectsDiesWithEither(t *testing.T) {
	for _, f := range []Field{
		{Operator: "encrypt", Type: text},
		{Operator: "tokenize", Domain: "d", Type: text, Erasable: true},
		{Operator: "fpe", Domain: "d", Type: text, Erasable: true},
	} {
		t.Run(f.Operator, func(t *testing.T) {
			keys := &subjectKeys{erased: map[subject.Digest]bool{}}
			w, err := Compile(ofTwo(f), keys)
			if err != nil {
				t.Fatal(err)
			}
			o, err := NewOpener(ofTwo(f), "v", keys)
			if err != nil {
				t.Fatal(err)
			}
			const clear = `"081 234 5678"`
			mask := func(recipient string) string {
				got, rej := row(t, w, `{"customer":"ann",`+recipient+`"v":`+clear+`}`)
				if rej != nil {
					t.Fatal(rej)
				}
				_, v, _ := strings.Cut(got, `"v":`)
				return strings.TrimSuffix(v, "}")
			}
			alone, both := mask(`"recipient":null,`), mask(`"recipient":"bob",`)
			if alone == both {
				t.Error("the second subject changes nothing")
			}
			for _, who := range []string{``, `"recipient":"",`, `"recipient":{},`} {
				if mask(who) != redacted {
					t.Errorf("recipient %q: it is not redacted", who)
				}
			}
			v := veil(both, "ann")
			v.Also = []byte("bob")
			if got, err := o.Open(nil, v); err != nil || string(got) != clear {
				t.Fatalf("%s: %v", both, err)
			}
			if n := len(o.Subjects(nil, v)); n != 2 {
				t.Errorf("it is about %d", n)
			}
			if got, err := o.Open(nil, veil(alone, "ann")); err != nil || string(got) != clear {
				t.Errorf("of one: %v", err)
			}
			for _, erased := range o.Subjects(nil, v) {
				keys.erased = map[subject.Digest]bool{erased: true}
				if got, err := o.Open(nil, v); !errors.Is(err, subject.ErrErased) || len(got) > 0 {
					t.Errorf("one is erased: %d bytes, %v", len(got), err)
				}
				if mask(`"recipient":"bob",`) != redacted {
					t.Error("one is erased, and it is masked under the other's key")
				}
			}
		})
	}
}
