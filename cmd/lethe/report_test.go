package main

import (
	"bytes"
	"crypto/ed25519"
	"path/filepath"
	"strings"
	"testing"

	"lethe/audit"
	"lethe/audit/audittest"
	"lethe/cmd/internal/config"
	"lethe/stream"
)

// Who can write to the audit topic and has no key adds a receipt, and one that nobody can
// read: the report is made, and says that it is not to be relied on.
func TestL4AReportOverEntriesThatNoEnrolledKeySignedSaysSo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	lethe := func(want int, args ...string) (out, errs bytes.Buffer) {
		t.Helper()
		env := func(string) (string, bool) { return "", false }
		if code := dispatch(t.Context(), console{out: &out, err: &errs, env: env}, args); code != want {
			t.Fatalf("lethe %s: exit code %d\n%s%s", strings.Join(args, " "), code, &out, &errs)
		}
		return out, errs
	}
	lethe(0, "init", dir)
	folder, err := config.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	skey, err := folder.LogKey()
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	forger, err := audit.NewLedger("forger", key, "run")
	if err != nil {
		t.Fatal(err)
	}
	forged, err := forger.Entry(stream.EntryReceipt, stream.Receipt{Stage: stream.StageMask, Connection: "crm-lake", Worker: "forger", Time: "2026-03-04T05:06:07Z",
		Streams: []stream.StreamCount{{Stream: "crm.public.customer", In: 7, Delivered: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	topic := audittest.Topic{forged, []byte(`{"body":{"stage":5},"id":"run/2","kind":"receipt","prev":"","sig":"","v":1}`), []byte(`{"body":[],"id":"run/3","kind":"policy","prev":"","sig":"","v":1}`)}
	topic.Log(t, folder.Log, string(skey.Reveal()))

	out, errs := lethe(1, "report", "quality", "--offline", dir)
	for _, said := range []string{"something is wrong with it", "worker_unknown (1)", "2 entries of the log could not be read"} {
		if !strings.Contains(out.String(), said) {
			t.Errorf("the report does not say %q\n%s", said, &out)
		}
	}
	if text := out.String(); strings.Index(text, "The log does not hold") > strings.Index(text, "What this report rests on") {
		t.Error("the report does not begin with it")
	}
	if !strings.Contains(errs.String(), "do not rely on it\n  → lethe verify "+dir) {
		t.Errorf("it says %s", &errs)
	}
}
