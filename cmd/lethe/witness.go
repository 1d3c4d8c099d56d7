package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"lethe/audit/witness"
	"lethe/stream"
	"lethe/stream/disk"
)

const witnessUsage = `usage: lethe witness [--key FILE] [--log FILE]... [--listen ADDRESS] [--name NAME] [DIR]
       lethe witness new-key --name NAME FILE

Cosigns checkpoints of audit logs that only grow (C2SP tlog-witness): whoever asks
for the cosignature of somebody else is never shown another history of the log. Run
it on a machine that is not the log's, for people who are not the operator's. It
needs no folder: in DIR it keeps what it cosigned last.

  --key FILE        the witness's own key
  --log FILE        public key of a log that it knows, such as log.pub
  --listen ADDRESS  by default 127.0.0.1:8780; put a server with TLS before it
  --name NAME       of a new key, such as witness.example.org/w1

new-key makes a key in FILE and shows the line for the log's policy of witnesses, which
lethe.yaml names:

  audit: {log: ./log, witnesses: witnesses.txt}

Of a policy of several witnesses lines follow, such as: group all 2 W1 W2 W3, quorum all.
`

func witnessLogs(ctx context.Context, io console, args []string) error {
	f := newFlags(witnessUsage)
	var logs []string
	key := f.String("key", "", "")
	f.Func("log", "", func(s string) error { logs = append(logs, s); return nil })
	listen := f.String("listen", "127.0.0.1:8780", "")
	name := f.String("name", "", "")
	verb, words, err := f.sub(io, args, "new-key")
	if err != nil {
		return err
	}
	dir, err := f.folder(words)
	if err != nil {
		return err
	}
	if verb == "new-key" {
		return newWitnessKey(io, *name, dir)
	}
	if *key == "" || len(logs) == 0 {
		return &stream.Fault{Code: "witness.flags", Msg: "it needs --key and at least one --log", Hint: "lethe witness new-key --name witness.example.org/w1 witness.key\nlethe witness --key witness.key --log log.pub state"}
	}
	log, err := runLog(io, logFormat(io), "info", dir)
	if err != nil {
		return err
	}
	signer, vkey, err := witnessKey(*key)
	if err != nil {
		return err
	}
	cfg := witness.Config{Dir: dir, Signer: signer, Log: log}
	for _, path := range logs {
		text, err := given(path)
		if err != nil {
			return err
		}
		keys := strings.Fields(string(text)) // one for each shard of the log
		for _, k := range keys {
			v, err := note.NewVerifier(k)
			if err != nil {
				keys = nil
				break
			}
			cfg.Logs = append(cfg.Logs, v)
		}
		if len(keys) == 0 {
			return &stream.Fault{Code: "witness.log", Path: path, Msg: "not the public key of a log", Hint: "give its log.pub"}
		}
	}
	w, err := witness.New(cfg)
	if errors.Is(err, witness.ErrHeld) {
		return &stream.Fault{Code: "witness.held", Path: dir, Msg: err.Error(), Hint: "one process is one witness: stop the other, or name another directory and key", Exit: stream.ExitEnvironment}
	}
	if err != nil {
		return err
	}
	defer w.Close()
	return serveWitness(ctx, io, w, *listen, vkey)
}

func serveWitness(ctx context.Context, io console, w *witness.Witness, listen, vkey string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return &stream.Fault{Code: "witness.listen", Path: listen, Msg: err.Error(), Hint: "choose another address: --listen", Exit: stream.ExitEnvironment}
	}
	tellf(io.err, "witness at http://%s; in the policy of a log:\n  witness NAME %s http://%s\n", l.Addr(), vkey, l.Addr())
	srv := &http.Server{Handler: w, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-ctx.Done()
		srv.Shutdown(context.WithoutCancel(ctx))
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("witness: %w", err)
	}
	<-done
	return nil
}

func newWitnessKey(io console, name, path string) error {
	if name == "" || path == "." {
		return &stream.Fault{Code: "witness.flags", Msg: "new-key needs --name and a file", Hint: "lethe witness new-key --name witness.example.org/w1 witness.key"}
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil || slices.ContainsFunc([]rune(name), func(c rune) bool { return c == '+' || c <= ' ' }) {
		return &stream.Fault{Code: "witness.name", Path: "--name", Msg: "a witness cannot be called so", Hint: "write a URL without its schema, such as witness.example.org/w1"}
	}
	if vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
		return fmt.Errorf("witness key: %w", err)
	}
	if err := created(path, disk.Create(path, []byte(skey+"\n"), 0o600)); err != nil {
		return err
	}
	tellf(io.out, "made %s: keep it where only the witness can read it\nin the policy of a log (witnesses.txt):\n  witness w1 %s URL\n  quorum w1\n", path, vkey)
	return nil
}

// witnessKey reads what newWitnessKey made. Errors hold nothing of it (L7).
func witnessKey(path string) (note.Signer, string, error) {
	bad := &stream.Fault{Code: "witness.key", Path: path, Msg: "not a witness's key, or one that others can read", Hint: "lethe witness new-key makes one; chmod 600 " + path}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		return nil, "", bad
	}
	text, err := given(path)
	if err != nil {
		return nil, "", err
	}
	signer, err := fnote.NewSignerForCosignatureV1(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, "", bad
	}
	// PRIVATE, KEY, name, hash, key; base64 may hold a plus sign, names may not.
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(strings.TrimSpace(string(text)), "+", 5)[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, "", bad
	}
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey))
	if err == nil {
		vkey, err = fnote.VKeyToCosignatureV1(vkey)
	}
	if err != nil {
		return nil, "", bad
	}
	return signer, vkey, nil
}
