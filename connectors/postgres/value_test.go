package postgres

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// An array decoder that is given anything gives JSON: an array, or the text.
func FuzzAppendArray(f *testing.F) {
	for _, s := range []string{"{}", "{1,2}", "{{1,2},{3,NULL}}", `{"a\"b",c,"",NULL}`, "[2:3]={7,8}", "{", "{,}", "{1,}", `{"`, "{{{{{{{1}}}}}}}", "{a}b", `{"\`, "[1:2]", "{nUlL}"} {
		f.Add([]byte(s), byte(0))
	}
	kinds := []*encoding{{kind: kindString}, {kind: kindBool}, {kind: kindFloat}, {kind: kindBytes}, {kind: kindTimestampTZ}, {kind: kindDate}}
	f.Fuzz(func(t *testing.T, text []byte, k byte) {
		e := &encoding{kind: kindArray, delim: ',', elem: kinds[int(k)%len(kinds)]}
		got := appendValue(nil, e, text)
		if e.elem.kind != kindFloat && !json.Valid(got) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

// An array of text reads back as what was written, whatever is in it.
func FuzzArrayReadsBack(f *testing.F) {
	f.Add("a", `b"\`, "NULL")
	f.Add("", "{}", ",")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || !utf8.ValidString(c) {
			return
		}
		in := []string{a, b, c}
		text := "{"
		for i, s := range in {
			if i > 0 {
				text += ","
			}
			text += `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
		}
		got := appendValue(nil, &encoding{kind: kindArray, delim: ',', elem: &encoding{kind: kindString}}, []byte(text+"}"))
		var back []string
		if err := json.Unmarshal(got, &back); err != nil || strings.Join(back, "\x00") != strings.Join(in, "\x00") {
			t.Fatalf("%q became %s: %v", in, got, err)
		}
	})
}

func FuzzBytesAndTimes(f *testing.F) {
	f.Add([]byte(`\x00ff`), byte(3))
	f.Add([]byte("2024-01-31 12:30:00+00"), byte(8))
	f.Add([]byte("infinity"), byte(8))
	f.Add([]byte("0"), byte(8))
	f.Fuzz(func(t *testing.T, text []byte, k byte) {
		for _, k := range []kind{kindBytes, kindDate, kindTime, kindTimestamp, kindTimestampTZ} {
			if !json.Valid(appendValue(nil, &encoding{kind: k}, text)) {
				t.Fatalf("kind %d: %q", k, text)
			}
		}
	})
}

// A message that is cut or wrong is an error and never a panic.
func FuzzDecodeRow(f *testing.F) {
	f.Add(updateMessage(7, "K", []string{"1", "\x00"}, []string{"2", "x"}))
	f.Add([]byte("I\x00\x00\x00\x07N\x00\x01t\xff\xff\xff\xff"))
	f.Add([]byte("D\x00\x00\x00\x07K\x00\x00"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		var r rowChange
		if err := decodeRow(msg, &r); err == nil && r.op == msgDelete && r.oldKind == 0 {
			t.Fatal("a delete without an old row")
		}
		if len(msg) > 0 {
			decodeRelation(msg)
		}
	})
}

// updateMessage builds an update; "\x00" is null.
func updateMessage(table uint32, oldKind string, old, row []string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{'U'}, table)
	tuple := func(kind byte, row []string) {
		b = append(b, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(len(row)))
		for _, v := range row {
			if v == "\x00" {
				b = append(b, 'n')
				continue
			}
			b = binary.BigEndian.AppendUint32(append(b, 't'), uint32(len(v)))
			b = append(b, v...)
		}
	}
	if oldKind != "" {
		tuple(oldKind[0], old)
	}
	tuple('N', row)
	return b
}

func TestBase64IsTheStandardOneForEveryLength(t *testing.T) {
	for n := range 200 {
		raw := bytes.Repeat([]byte{0xa5, 0x01, 0xff}, n)[:n]
		text := hex.AppendEncode([]byte(`\x`), raw)
		got := appendValue(nil, &encoding{kind: kindBytes}, text)
		if want := `"` + base64.StdEncoding.EncodeToString(raw) + `"`; string(got) != want {
			t.Fatalf("%d bytes: %s, want %s", n, got, want)
		}
	}
}

func TestVisibilityIsComparedAcrossTheWrapOfTransactionNumbers(t *testing.T) {
	v, err := parseVisibility("8589934590:8589934600:8589934592,8589934595")
	if err != nil {
		t.Fatal(err)
	}
	for xid, want := range map[uint32]bool{4294967290: true, 4294967294: true, 0: false, 1: true, 3: false, 5: true, 8: false, 100: false} {
		if v.shows(xid) != want {
			t.Errorf("transaction %d: shown %v", xid, !want)
		}
	}
	for _, bad := range []string{"", "1", "1:x:", "1:2:x"} {
		if _, err := parseVisibility(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if v, err := parseVisibility("5:5:"); err != nil || v.shows(5) || !v.shows(4) {
		t.Errorf("an idle server's snapshot: %v %v", v, err)
	}
}

// What one row costs on its way from the wire to the batch.
func BenchmarkChange(b *testing.B) {
	row := []string{"4711", "somchai.jaidee@example.org", "สมชาย ใจดี", "1-2345-67890-12-3", "t", "2024-01-31 12:30:00.123+00", "12345.67", "\x00",
		"a longer note with a \"quote\" in it, and some more text so that it is like a row of a real table", "19.5", `{"city": "Bangkok", "zip": 10110}`, "42", "2024-02-01"}
	kinds := []kind{kindInt, kindString, kindString, kindString, kindBool, kindTimestampTZ, kindString, kindString, kindString, kindFloat, kindJSON, kindInt, kindDate}
	sh := newShape("crm", "shop", 7, "public", "customer")
	for i, k := range kinds {
		name := "column_" + string(rune('a'+i))
		sh.cols = append(sh.cols, shapeColumn{name: name, member: []byte(`"` + name + `":`), enc: &encoding{kind: k}})
		sh.identity = append(sh.identity, i == 0)
	}
	sh.setKey([]string{"column_a"})
	sh.published = true
	f := &feed{shapes: map[uint32]*shape{7: sh}, inTx: true, commit: 1 << 30, xid: 77, ms: 1700000000000}
	msg := updateMessage(7, "", nil, row)
	b.ReportAllocs()
	for b.Loop() {
		var r = &f.row
		if err := decodeRow(msg, r); err != nil {
			b.Fatal(err)
		}
		f.record(sh, 'u', nil, r.new, &origin{ms: f.ms, xid: f.xid, lsn: 1 << 31}, false)
		if len(f.records) == batchRecords {
			f.records, f.arena = f.records[:0], f.arena[:0]
		}
	}
	b.SetBytes(int64(len(f.records[0].Value)))
}
