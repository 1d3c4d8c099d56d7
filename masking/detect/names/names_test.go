package names

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// found shows what a finder sees in a text as "ENTITY:words".
func found(f *Finder, text string) (out []string) {
	for _, s := range f.Find(nil, []byte(text)) {
		out = append(out, s.Entity+":"+text[s.Start:s.End])
	}
	return out
}

func TestNamesArePointedOutInPlainCases(t *testing.T) {
	f := New()
	for text, want := range map[string][]string{
		"My name is Maria Gonzalez and I live in Barcelona.": {"PERSON:Maria Gonzalez", "LOCATION:Barcelona"},
		"Customer John O'Brien called about invoice 4411.":   {"PERSON:John O'Brien"},
		"Encik Ahmad bin Ismail dari Kuala Lumpur":           {"PERSON:Ahmad bin Ismail", "LOCATION:Kuala Lumpur"},
		"Yuki Tanaka flew from Osaka to Singapore.":          {"PERSON:Yuki Tanaka", "LOCATION:Osaka", "LOCATION:Singapore"},
		"ลูกค้า นายสมชาย ใจดี โทรมาจากจังหวัดเชียงใหม่":      {"PERSON:นายสมชาย ใจดี", "LOCATION:จังหวัดเชียงใหม่"},
		"ลูกค้า Hans Müller โทรมาเรื่อง refund ที่เชียงใหม่": {"PERSON:Hans Müller", "LOCATION:เชียงใหม่"},
		"Please restart the router and check the light.":                  nil,
		"Write to john.smith@example.com or see https://john.example.org": nil,
		"": nil,
	} {
		if got := found(f, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// samples are texts of the kinds that the model knows.
var samples = []string{
	"Hi, this is Anna Kowalska from Gdańsk, my order 44120 has not arrived yet and nobody at Baltic Foods answers the phone.",
	"Patient Nguyễn Văn Minh, 54, was seen by Dr. Patel at St. Mary's Hospital on 12 March; follow-up in two weeks.",
	"Please ship the replacement to 221B Baker Street, London NW1 6XE, and let Mr. Holmes know when it has left the depot.",
	"ตามที่นางประนอม ทองจันทร์ แจ้งว่ายังไม่ได้รับสินค้าที่สั่งไปจังหวัดนครราชสีมา",
	"The server was restarted at 10:15 and all queues were drained; no further errors were seen in the log since then.",
	"agent: hello how can i help you\ncustomer: my name is john miller, the router keeps dropping the connection",
}

func TestSpansAreSortedAndDisjoint(t *testing.T) {
	f := New()
	var long bytes.Buffer
	for i := range 2000 {
		long.WriteString(samples[i%len(samples)])
		long.WriteByte(" \n"[i%2])
	}
	spans := f.Find(nil, long.Bytes())
	if len(spans) < 2000 {
		t.Fatalf("%d spans", len(spans))
	}
	for i, s := range spans {
		if s.Start >= s.End || i > 0 && s.Start < spans[i-1].End || s.Score <= 0 || s.Score >= 1 {
			t.Fatalf("span %d of %d: %+v", i, len(spans), s)
		}
	}
}

func TestWhatAFinderFoundBeforeDoesNotMatter(t *testing.T) {
	used := New()
	for _, s := range samples {
		found(used, s)
	}
	for _, s := range samples {
		if a, b := found(used, s), found(New().Clone(), s); !slices.Equal(a, b) {
			t.Errorf("%q: %q after other texts, %q alone", s, a, b)
		}
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	f := New()
	dst := make([]Span, 0, 64)
	texts := make([][]byte, len(samples))
	for i, s := range samples {
		texts[i] = []byte(s)
		dst = f.Find(dst[:0], texts[i])
	}
	if n := testing.AllocsPerRun(20, func() {
		for _, s := range texts {
			dst = f.Find(dst[:0], s)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestALongRunWithoutSpacesIsReadInWindows(t *testing.T) {
	f := New()
	for _, unit := range []string{"a,", "ก", "กา", "9", "é", "\xff", "李"} {
		f.Find(nil, []byte(strings.Repeat(unit, 50_000)))
	}
}

func FuzzFindKeepsToTheText(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Add([]byte("\xe0\xb9\x80\xe0"))
	f.Add([]byte("J.K.@เ"))
	finder := New()
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		for _, s := range finder.Find(nil, text) {
			if s.Start < last || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("span %+v of %d bytes after %d", s, len(text), last)
			}
			last = s.End
			if utf8.Valid(text) && (!utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End])) {
				t.Fatalf("span %+v cuts a letter", s)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	f := New()
	var dst []Span
	n := 0
	for _, s := range samples {
		n += len(s)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range samples {
			dst = f.Find(dst[:0], []byte(s))
		}
	}
	b.ReportMetric(float64(len(samples)*b.N)/b.Elapsed().Seconds(), "texts/s")
}

var update = flag.Bool("update", false, "write the golden file anew")

// Run on another architecture, this shows that the spans are the same there.
func TestL6SpansAndScoresAreThoseOfTheGoldenFile(t *testing.T) {
	const path = "testdata/golden.txt"
	var got bytes.Buffer
	f := New()
	for _, text := range samples {
		for _, s := range f.Find(nil, []byte(text)) {
			fmt.Fprintf(&got, "%s %d %d %08x %s\n", s.Entity, s.Start, s.End, math.Float32bits(s.Score), text[s.Start:s.End])
		}
	}
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("found\n%s\nwant\n%s", got.Bytes(), want)
	}
}
