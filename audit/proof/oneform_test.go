package proof_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"lethe/audit/verify"
)

// cosignature is a signature line as a witness's, which the tests' checker knows.
func cosignature(name, text string) string {
	return "— " + name + " " + base64.StdEncoding.EncodeToString([]byte(text+strings.Repeat(".", 72))) + "\n"
}

func TestL4EachSignatureOfABundleStandsThereOnceAndTheLogsFirst(t *testing.T) {
	raw, key := kept(t)
	extra, rest := parts(t, raw)
	at := strings.LastIndex(string(rest), "— lethe/shop ")
	head, own := string(rest[:at]), string(rest[at:])
	a, b := cosignature("w/a", "hasa0"), cosignature("w/b", "hasb0")
	known := func(checkpoint []byte) (map[string]bool, error) {
		checked := make(map[string]bool)
		for _, line := range []string{a, b, cosignature("w/a", "hasa1")} {
			checked[strings.TrimSuffix(line, "\n")] = true
		}
		return checked, nil
	}
	for name, c := range map[string]struct {
		sigs string
		ok   bool
	}{
		"as it was made":           {own, true},
		"with witnesses":           {own + a + b, true},
		"the log's twice":          {own + own, false},
		"the log's many times":     {strings.Repeat(own, 20), false},
		"a witness's twice":        {own + a + b + a, false},
		"a witness at two times":   {own + a + cosignature("w/a", "hasa1"), false},
		"a witness before the log": {a + own, false},
		"a stranger":               {own + cosignature("w/c", "hasc0"), false},
	} {
		p, err := verify.Proof(hashed(extra, []byte(head+c.sigs)), verify.ProofOptions{PublicKey: key, Cosigned: known})
		if (err == nil) != c.ok || err != nil && !errors.Is(err, verify.ErrProof) && !errors.Is(err, verify.ErrFalse) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestL4WhatABundleShowsToBeExtendedIsAnOlderCheckpoint(t *testing.T) {
	w := newWorld(t, 5, 20)
	now := w.reader.Checkpoint()
	raw := w.bundle(t, 1, now)
	extra, rest := parts(t, raw)
	if strings.Contains(string(extra), `"since"`) {
		t.Error("a log is shown to extend itself")
	}
	p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key, State: now})
	if err != nil || *p.Extends != 21 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, size := range []string{"21", "22", "0", "-1"} {
		padded := strings.Replace(string(extra), `"size":"5"`, `"since":{"path":[],"size":"`+size+`"},"size":"5"`, 1)
		for _, state := range [][]byte{nil, now} {
			if p, err := verify.Proof(hashed([]byte(padded), rest), verify.ProofOptions{PublicKey: w.key, State: state}); padded == string(extra) || !errors.Is(err, verify.ErrProof) {
				t.Errorf("since %s: %+v, %v", size, p, err)
			}
		}
	}
}

func TestL4ARememberedCheckpointCountsOnlyIfTheLogSignedIt(t *testing.T) {
	w := newWorld(t, 5, 20)
	raw := w.bundle(t, 1, nil)
	now := string(w.reader.Checkpoint())
	text, _, _ := strings.Cut(now, "\n\n")
	for name, state := range map[string]string{
		"nobody":      text + "\n\n",
		"no note":     text + "\n",
		"another key": text + "\n\n" + strings.SplitN(string(newWorld(t, 5, 20).reader.Checkpoint()), "\n\n", 2)[1],
	} {
		if p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key, State: []byte(state)}); !errors.Is(err, verify.ErrFalse) {
			t.Errorf("signed by %s: %+v, %v", name, p, err)
		}
	}
}
