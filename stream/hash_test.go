package stream

import (
	"encoding/hex"
	"fmt"
	"testing"
)

func TestSeqOrderIsSourceOrder(t *testing.T) {
	ordered := []Seq{NewSeq(0, 0, 0), NewSeq(0, 0, 1), NewSeq(0, 1, 0), NewSeq(0, 256, 0), NewSeq(1, 0, 0)}
	for i := 1; i < len(ordered); i++ {
		if ordered[i-1].String() >= ordered[i].String() {
			t.Fatalf("%s does not sort before %s", ordered[i-1], ordered[i])
		}
		back, err := ParseSeq([]byte(ordered[i].String()))
		if err != nil || back != ordered[i] {
			t.Fatalf("seq %s read back as %s: %v", ordered[i], back, err)
		}
	}
}

func TestL7ValueCannotBePrinted(t *testing.T) {
	v := NewValue([]byte("somchai@example.org"))
	holder := struct{ inner Value }{v}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b"} {
		for _, x := range []any{v, &v, holder, []Value{v}} {
			if got := fmt.Sprintf(verb, x); len(got) > 200 || contains(got, "somchai") || contains(got, "736f6d") || contains(got, "115 111") {
				t.Errorf("%s shows the value: %s", verb, got)
			}
		}
	}
}

func contains(s, sub string) bool {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			return true
		}
	}
	return false
}

func TestTypesReadBack(t *testing.T) {
	for _, s := range []string{"string", "bool", "int16", "int64", "float32", "decimal", "decimal(10,2)", "bytes", "date", "time", "timestamp", "timestamptz", "json", "array<array<int32>>"} {
		got, err := ParseType(s)
		if err != nil || got.String() != s {
			t.Errorf("type %s read back as %s: %v", s, got, err)
		}
	}
	if _, err := ParseType("varchar(20)"); err == nil {
		t.Error("an unknown type was accepted")
	}
}

// Fixed inputs, a fixed hash: on any machine and architecture.
func TestL6ThePartsHashIsTheSameEverywhere(t *testing.T) {
	var root Hash
	if _, err := hex.Decode(root[:], []byte("5f7e945505d66aed50924a04f482907e2c542a0c1f226a1cd7b98278514c68af")); err != nil {
		t.Fatal(err)
	}
	rows := Int64(100)
	part, err := HashPart(Part{Topic: "lethe.shop.raw.pii.crm", Partition: 3, Prev: root, From: "0", To: "101", In: 100, Changes: 1 << 60,
		Out: []Out{{Topic: "t", First: -1, Last: 1<<63 - 1, N: 100, Root: root}}, Rows: &rows, RowRoot: &root})
	if err != nil {
		t.Fatal(err)
	}
	if want := "52d1c47c8d2658e1a3325ce0a2088814d100ab55dae39d26db3411b123561238"; part.String() != want {
		t.Errorf("part %s, want %s", part, want)
	}
}
