package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lethe/audit/verify"
	"lethe/cmd/internal/auth"
	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/stream"
	"lethe/stream/disk"
)

// asked is what a person asks for, without the values.
func (in revealFlags) asked(who config.Principal) auth.Request {
	return auth.Request{Stream: in.stream, Field: in.field, Principal: who.Name, Reason: in.reason, Ticket: in.ticket}
}

// writeRequest writes what another person approves.
func writeRequest(io console, in revealFlags, who config.Principal, lines [][]byte) error {
	r := auth.NewRequest(in.asked(who), lines, time.Now())
	if err := createJSON(in.request, r); err != nil {
		return err
	}
	if r.Count > who.PerDay {
		tellf(io.err, "warning: %s may have %s a day opened: this request is for %d, and no approval makes it more\n", who.Name, count(who.PerDay, "value"), r.Count)
	}
	tellf(io.err, "wrote %s: %s of %s/%s, for %s; it holds no value\n", in.request, count(r.Count, "value"), r.Stream, r.Field, r.Principal)
	tellf(io.err, "next: an approver types lethe reveal --approve %s --key THEIR-KEY %s\nthen: add --approval %s.approval to what you typed, with the same values\n", in.request, in.dir, in.request)
	return nil
}

// createJSON makes a file that is not there yet.
func createJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return created(path, disk.Create(path, append(text, '\n'), 0o644))
}

func created(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return &stream.Fault{Code: "reveal.exists", Path: path, Msg: "is there already", Hint: "name another file"}
	}
	return err
}

// sign shows a request and signs it.
func (in revealFlags) sign(io console, folder *config.Folder) error {
	if in.key == "" {
		return &stream.Fault{Code: "reveal.flags", Msg: "--approve needs --key, the approver's own", Hint: "lethe reveal --new-key FILE makes one"}
	}
	var r auth.Request
	if err := readJSON(in.approve, &r); err != nil {
		return err
	}
	key, err := file.ReadSigningKey(in.key)
	if err != nil {
		return err
	}
	name := ""
	for approver, pub := range folder.Reveal.Approvers {
		if pub.Equal(key.Public()) {
			name = approver
		}
	}
	switch {
	case name == "":
		return &stream.Fault{Code: "reveal.approver", Path: in.key, Msg: "lethe.yaml names no approver with this key",
			Hint: "below reveal.approvers: NAME: " + config.PublicKeyText(key.Public().(ed25519.PublicKey))}
	case name == r.Principal:
		return &stream.Fault{Code: "reveal.approver", Path: in.approve, Msg: name + " asks for it, and cannot approve it", Hint: "have another approver do it"}
	}
	a, err := auth.Sign(r, name, key)
	if err != nil {
		return err
	}
	if err := createJSON(in.approve+".approval", a); err != nil {
		return err
	}
	tellf(io.out, "%s approves that %s has %s of %s/%s opened\n  reason  %s\n  ticket  %s\n  until   %s, once\nwrote %s.approval\n", name, r.Principal,
		count(r.Count, "value"), r.Stream, r.Field, r.Reason, r.Ticket, r.Made.Add(auth.Lifetime).UTC().Format("2006-01-02 15:04:05Z"), in.approve)
	return nil
}

// approved reads the approval that is to be used and returns what names it; nil
// without one.
func (in revealFlags) approved(folder *config.Folder, asked auth.Request, lines [][]byte) (*stream.Hash, error) {
	if in.approval == "" {
		return nil, nil
	}
	var a auth.Approval
	if err := readJSON(in.approval, &a); err != nil {
		if readJSON(in.approval, new(auth.Request)) == nil {
			return nil, &stream.Fault{Code: "reveal.file", Path: in.approval, Msg: "this is the request; the approval is " + in.approval + ".approval", Hint: "add --approval " + in.approval + ".approval, once an approver has made it"}
		}
		return nil, err
	}
	if err := a.Check(asked, lines, folder.Reveal.Approvers[a.Approver], time.Now()); err != nil {
		return nil, &stream.Fault{Code: "reveal.approval", Path: in.approval, Msg: err.Error(), Hint: "ask again for these values, with this reason and ticket: lethe reveal --request FILE …"}
	}
	h, err := a.Hash()
	return &h, err
}

func readJSON(path string, v any) error {
	raw, err := verify.ReadFile(path, verify.MaxCheckpoint)
	if err != nil {
		return &stream.Fault{Code: "reveal.file", Path: path, Msg: err.Error(), Hint: "lethe help reveal"}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return &stream.Fault{Code: "reveal.file", Path: path, Msg: "not what lethe reveal writes", Hint: "lethe help reveal"}
	}
	return nil
}

// makeApprover makes an approver's key.
func makeApprover(io console, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return created(path, fs.ErrExist)
	}
	key, err := file.NewSigningKey(path)
	if err != nil {
		return created(path, err)
	}
	tellf(io.out, "made %s: keep it where only you can read it\nbelow reveal.approvers of lethe.yaml:\n  NAME: %s\n", filepath.Clean(path), config.PublicKeyText(key.Public().(ed25519.PublicKey)))
	return nil
}
