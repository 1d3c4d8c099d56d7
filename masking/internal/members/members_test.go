package members

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lethe/stream/scan"
)

// sameMembers compares what the assembly says of an object's members, and learns of
// their order, with what plain Go does, and that with encoding/json.
func sameMembers(t *testing.T, s *Stops, data []byte, names, plain *Names, room int) []Member {
	t.Helper()
	s.Read(data)
	if len(data) < 2 || data[0] != '{' {
		return nil
	}
	const before = uint64(1) << 5
	got := s.Members(1, names, -1, before, make([]Member, 0, room))
	want := plainMembers(data, 1, plain, -1, before, make([]Member, 0, room))
	if !utf8.Valid(data) || data[len(data)-1] >= utf8.RuneSelf {
		// The assembly reads no string of what is not JSON.
		if n := len(got); n > len(want) || n > 0 && (!slices.Equal(got[:n-1], want[:n-1]) || got[n-1].Value != want[n-1].Value) {
			t.Fatalf("members %v, want %v\n%q", got, want, data)
		}
		copy(names.names, plain.names)
	} else if !slices.Equal(got, want) {
		t.Fatalf("members %v, want %v\n%q", got, want, data)
	} else if !slices.Equal(names.names, plain.names) {
		t.Fatalf("learnt otherwise from\n%q", data)
	}
	for k, m := range want {
		if m.End < 0 {
			if k != len(want)-1 {
				t.Fatalf("members behind one that was not read: %v", want)
			}
			continue
		}
		raw := data[m.Start:m.End]
		object := append(append([]byte{'{'}, raw...), '}')
		var read map[string]json.RawMessage // numbers may be beyond any float
		if scan.Value(object, 0, 2) != len(object) || json.Unmarshal(object, &read) != nil || len(read) != 1 || m.Number == 5 {
			t.Fatalf("member %d of number %d is %q", k, m.Number, raw)
		}
		for name := range read {
			if names.Find(append(scan.AppendQuoted(nil, []byte(name)), ':')) != int(m.Number) {
				t.Fatalf("member %q is taken for %s", name, names.Quoted(int(m.Number)))
			}
		}
		if data[m.Value] == '"' && strings.Contains(string(data[m.Value:m.End]), `\`) {
			t.Fatalf("a value with escapes: %q", raw)
		}
	}
	return want
}

var courses = [][]string{
	{"a", "id", "email", "national", "national_id", "x", "birth_date", "a_name_of_more_than_16", "a_name_that_is_long_enough_for_four", "สี", "q\"", "last"},
	{"", "aaaaaaa", "aaaaaaaa", "aaaaaaaaa", "12345678901234567890123456789012345678901234567890"},
}

func FuzzMembersAreThoseOfPlainGo(f *testing.F) {
	for _, d := range append(documents(), `{"a":1,"id":12345678,"email":"x"}`, `{"a":"`+strings.Repeat("z", 70)+`","id":null,"email":true,"national":false}`,
		`{"":0,"aaaaaaa":12,"aaaaaaaa":"a\n"}`, `{"a":"1","id":1.5,"email":1e5}`, `{"a":17698718454561234}`, `{"":1`+strings.Repeat("0", 320)+`,`) {
		f.Add([]byte(d), byte(3))
	}
	var s Stops
	f.Fuzz(func(t *testing.T, data []byte, room byte) {
		for _, texts := range courses {
			names, plain := NewNames(texts), NewNames(texts)
			sameMembers(t, &s, data, names, plain, int(room%20))
			sameMembers(t, &s, data, names, plain, int(room%20)) // as it was learnt
		}
	})
}

func TestL6MembersAreReadInAnyOrder(t *testing.T) {
	var s Stops
	random := rand.New(rand.NewPCG(5, 5))
	values := []string{`1`, `12345678`, `123456789012345678901`, `0`, `-1`, `1.5`, `1e3`, `true`, `false`, `null`, `nul`, `truE`, `falsy`, `""`, `"x"`, `"สมชาย ใจดี"`, `"a\"b"`, `{}`, `[1]`, ` 1`, `"` + strings.Repeat("y", 63) + `"`, "\"\xff\"", "\"\x01\""}
	longest := 0
	var learning [][2]*Names
	for _, texts := range courses {
		learning = append(learning, [2]*Names{NewNames(texts), NewNames(texts)})
	}
	for range 40_000 {
		c := random.IntN(len(courses))
		texts, names, plain := courses[c], learning[c][0], learning[c][1]
		order := random.Perm(len(texts))
		if random.IntN(2) == 0 {
			slices.Sort(order)
		}
		var b strings.Builder
		b.WriteByte('{')
		for at, k := range order {
			if at > 0 {
				b.WriteString([]string{",", ",", ",", ",", ",", ",", ",", ", ", " ,", ";"}[random.IntN(10)])
			}
			b.WriteString(names.Quoted(k))
			if v := random.IntN(3 * len(values)); v < len(values) {
				b.WriteString(values[v])
			} else {
				b.WriteString(`"` + strings.Repeat("v", random.IntN(90)) + `"`)
			}
			if random.IntN(30) == 0 {
				break
			}
		}
		b.WriteString([]string{"}", "}", "", "}        ", `,"more":1}`}[random.IntN(5)])
		longest = max(longest, len(sameMembers(t, &s, []byte(b.String()), names, plain, 1+random.IntN(12))))
	}
	if longest < 5 {
		t.Errorf("no more than %d members were read", longest)
	}
}
