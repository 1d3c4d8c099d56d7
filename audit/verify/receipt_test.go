package verify

import (
	"encoding/json"
	"reflect"
	"testing"
)

// plainReceipt is a receipt for the standard library's decoder.
type plainReceipt struct {
	Stage, Connection, Source, Worker, Build, Policy, Keys, Time string
	Detail, Subjects                                             *digest
	Streams                                                      []streamShare
	Parts                                                        []plainPart
}

type plainPart struct {
	Topic     string
	Partition int32
	Prev      digest
	From, To  string
	In        count
	Changes   count
	Out       []out
	Filtered  count
	Shredded  count
	Object    string
	SHA256    *digest
	Rows      *count
	RowRoot   *digest `json:"row_root"`
	Evidence  string
}

func FuzzAReceiptIsReadAsTheStandardDecoderReadsIt(f *testing.F) {
	for _, s := range []string{
		`{"build":"b","connection":"c","detail":null,"keys":"1","parts":[{"changes":"2","evidence":"e","filtered":"0","from":"1","in":"2","object":"o","out":[{"first":"0","last":"1","n":"2","partition":3,"root":"` + hex64 + `","tombstones":"0","topic":"t"}],"partition":-1,"prev":"` + hex64 + `","row_root":"` + hex64 + `","rows":"7","sha256":null,"shredded":"0","to":"3","topic":"t"}],"policy":"p","source":"s","stage":"mask","streams":[{"delivered":"2","filtered":"0","in":"2","quarantined":"0","shredded":"0","stream":"a\nb"}],"subjects":"` + hex64 + `","time":"x","worker":"w"}`,
		`{"parts":[null,{"in":null}]}`, `{"parts":[],"streams":[null]}`, `{"parts":{}}`, `{"stage":5}`, `{"zzz":[{"parts":1}]}`, `null`, `[]`, `{}`, `{"parts":[{"partition":2147483648}]}`, `{"parts":[{"rows":"007"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if canonical(b) != nil || plainNames(b) != nil {
			return
		}
		var got receipt
		rest, err := got.read(b)
		var want plainReceipt
		if wanted := json.Unmarshal(b, &want); (err == nil) != (wanted == nil) {
			t.Fatalf("%s: %v, want %v", b, err, wanted)
		}
		if err != nil {
			return
		}
		if len(rest) > 0 {
			t.Fatalf("%s: %s is left", b, rest)
		}
		same := plainReceipt{got.Stage, got.Connection, got.Source, got.Worker, got.Build, got.Policy, got.Keys, got.Time, got.Detail, got.Subjects, got.Streams, nil}
		for _, p := range got.parts {
			same.Parts = append(same.Parts, plainPart{p.Topic, p.Partition, p.Prev, p.From, p.To, p.In, p.Changes, p.Out, p.Filtered, p.Shredded, p.Object, p.SHA256, p.Rows, p.RowRoot, p.Evidence})
		}
		// An empty list is written as one, and means none.
		if len(want.Parts) == 0 {
			want.Parts = nil
		}
		if len(want.Streams) == 0 {
			want.Streams = nil
		}
		for i := range want.Parts {
			if len(want.Parts[i].Out) == 0 {
				want.Parts[i].Out = nil
			}
		}
		if !reflect.DeepEqual(same, want) {
			t.Errorf("%s:\n got  %+v\n want %+v", b, same, want)
		}
	})
}

const hex64 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestL4WhatStandsBesideAnEntryInItsLeafIsRefused(t *testing.T) {
	good := `{"body":{},"id":"run/1","kind":"snapshot-void","prev":"","sig":"","v":1}`
	leaf := func(entry string) []byte { return []byte(`{"entry":` + entry + `,"offset":"5"}`) }
	if e := parseLeaf(0, leaf(good)); e.err != nil || e.offset != 5 || e.id != "run/1" {
		t.Fatalf("%+v", e)
	}
	for _, bad := range []string{
		good + `,"evil":1`, good + `,"evil":` + good, `1,"evil":` + good, `{"body":{},"evil":1,"id":"run/1","kind":"k","prev":"","sig":"","v":1}`,
		`{"body":{},"id":"run/1","kind":"k","prev":"","sig":"","v":1,"w":1}`, `{"a":1,"body":{},"id":"run/1","kind":"k","prev":"","sig":"","v":1}`,
		`{"body":{},"id":"run\/1","kind":"k","prev":"","sig":"","v":1}`, `{"body":{},"id":"run/1","kind":"a\"b","prev":"","sig":"","v":1}`,
		`{"body":{},"id":"run/1","kind":"receipt","prev":"","sig":"","v":2}`, `{"body":[],"id":"run/1","kind":"receipt","prev":"","sig":"","v":1}`,
		`{"body":{"x":",\"id\":\"run/9\""},"id":"run/0","kind":"k","prev":"","sig":"","v":1}`, `{}`, `[]`,
	} {
		if e := parseLeaf(0, leaf(bad)); e.err == nil {
			t.Errorf("%s is taken for an entry", bad)
		}
	}
	for _, bad := range []string{`{"entry":` + good + `,"offset":"05"}`, `{"entry":` + good + `,"offset":5}`, `{"entry":` + good + `}`, `{"a":1,"entry":` + good + `,"offset":"5"}`, `{"entry":` + good + `,"offset":"5","z":1}`} {
		if e := parseLeaf(0, []byte(bad)); e.err == nil {
			t.Errorf("%s is taken for a leaf", bad)
		}
	}
}
