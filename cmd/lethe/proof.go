package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"lethe/audit/verify"
	"lethe/cmd/internal/wire"
	"lethe/stream"
)

// proofHead begins a proof bundle.
const proofHead = "c2sp.org/tlog-proof@v1\n"

// isProof reports whether a path names a proof bundle.
func isProof(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(proofHead))
	n, _ := f.Read(head)
	return string(head[:n]) == proofHead
}

// proofFlags are what a bundle is held against.
type proofFlags struct {
	key, state, builds, policy string
	fresh                      time.Duration
	show                       bool

	witnesses *verify.WitnessPolicy
	since     time.Time         // cosignatures that are older do not count
	list      map[string]string // of builds
}

// read reads the files that are named.
func (in *proofFlags) read() (err error) {
	if in.fresh > 0 {
		in.since = time.Now().Add(-in.fresh)
	}
	if in.witnesses, err = witnessesOf(in.policy); err != nil {
		return err
	}
	in.list, err = buildsOf(in.builds)
	return err
}

// publicKey reads the key of a log. A policy that is for other logs is refused.
func (in proofFlags) publicKey(path string) (string, error) {
	text, err := given(path)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(text))
	if in.witnesses == nil {
		return key, nil
	}
	if err := in.witnesses.For(key); err != nil {
		return "", &stream.Fault{Code: "verify.policy", Path: in.policy, Msg: err.Error(), Hint: "give the policy that was made for this log, or the log.pub that it names"}
	}
	return key, nil
}

// unused refuses what is only asked of a bundle.
func (in proofFlags) unused(dir string) error {
	if in.state == "" && !in.show {
		return nil
	}
	return &stream.Fault{Code: "verify.flags", Path: dir, Msg: "--state and --show are of a proof bundle, and this is none", Hint: "lethe verify FILE.tlog-proof --key log.pub"}
}

// verifyProof checks a bundle and says what it proves.
func verifyProof(io console, path string, in proofFlags) error {
	raw, err := verify.ReadFile(path, verify.MaxProof)
	if err != nil {
		return &stream.Fault{Code: "verify.input", Path: path, Msg: err.Error(), Hint: "lethe help verify"}
	}
	if in.key == "" {
		return &stream.Fault{Code: "verify.key", Path: path, Msg: "a bundle is checked with the log's public key", Hint: "lethe verify " + path + " --key log.pub"}
	}
	key, err := in.publicKey(in.key)
	if err != nil {
		return err
	}
	o := verify.ProofOptions{PublicKey: key, Builds: in.list}
	if in.witnesses != nil {
		o.Cosigned = in.witnesses.Cosigned(in.since)
	}
	if in.state != "" {
		if o.State, err = given(in.state); err != nil {
			return err
		}
	}
	p, err := verify.Proof(raw, o)
	switch {
	case errors.Is(err, verify.ErrKey):
		return &stream.Fault{Code: "verify.key", Path: in.key, Msg: err.Error(), Hint: "give the log.pub that lethe init made"}
	case errors.Is(err, verify.ErrRemembered):
		return &stream.Fault{Code: "verify.checkpoint", Path: in.state, Msg: err.Error(), Hint: "give a copy of the file checkpoint that was in the log's directory"}
	case errors.Is(err, verify.ErrOtherKey):
		return &stream.Fault{Code: "verify.proof", Path: path, Msg: err.Error(), Hint: "give the newest log.pub: it has a line for each shard of the log; else the proof is of another log", Exit: stream.ExitFault}
	case errors.Is(err, verify.ErrOlder):
		return &stream.Fault{Code: "verify.proof", Path: path, Msg: err.Error(),
			Hint: "ask for it anew: lethe prove … --since " + in.state + " > NEW.tlog-proof\nthen: lethe verify NEW.tlog-proof --key " + in.key + " --state " + in.state, Exit: stream.ExitFault}
	case err != nil:
		return &stream.Fault{Code: "verify.proof", Path: path, Msg: err.Error(), Hint: "do not rely on it; ask for another: lethe prove", Exit: stream.ExitFault}
	}
	if *io.json {
		return showJSON(io, p)
	}
	showProven(io, p, in.show)
	return nil
}

// witnessesOf reads a policy of witnesses; nil without a file.
func witnessesOf(path string) (*verify.WitnessPolicy, error) {
	if path == "" {
		return nil, nil
	}
	text, err := given(path)
	if err != nil {
		return nil, err
	}
	p, err := verify.ReadWitnessPolicy(text)
	if err != nil {
		return nil, &stream.Fault{Code: "verify.policy", Path: path, Msg: err.Error(), Hint: wire.WitnessForm}
	}
	return p, nil
}

// buildsOf reads a list of builds, a line `sha256  name` each, as sha256sum writes it;
// nil without a file.
func buildsOf(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	text, err := given(path)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string)
	for n, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if h := new(stream.Hash); h.UnmarshalText([]byte(sum)) != nil {
			return nil, &stream.Fault{Code: "verify.builds", Path: fmt.Sprintf("%s:%d", path, n+1), Msg: "not the SHA-256 of a build and its name", Hint: "write what sha256sum lethe prints"}
		}
		out[sum] = strings.TrimLeft(strings.TrimSpace(name), "*")
	}
	return out, nil
}

func showProven(io console, p *verify.Proven, show bool) {
	place := fmt.Sprintf("number %d of %d at offsets %d to %d", p.Number, p.Of, p.First, p.Last)
	if p.Offset != nil {
		place = fmt.Sprintf("offset %d", *p.Offset)
	}
	what := "record"
	if p.Loaded != nil {
		what = "row of " + p.Loaded.Object
	}
	done := "was produced under policy revision"
	if p.Stage == stream.StageMask {
		done = "was masked under policy revision"
	}
	tellf(io.out, "The operator of %s committed to the claim that this %s\n", p.Origin, what)
	lines := [][2]string{
		{done, p.Policy},
		{"key epoch", p.Keys},
		{"by build", built(p.Build, p.BuildName)},
		{"by worker", p.Worker},
		{"of connection", fmt.Sprintf("%s, stage %s, at %s", p.Connection, p.Stage, p.Time)},
		{"at this place", fmt.Sprintf("%s/%d, %s", p.Topic, p.Partition, place)},
		{"as the log has it", entryOf(p.Leaf, p.Entry, p.Size)},
	}
	if l := p.Loaded; l != nil {
		lines = append(lines, [][2]string{
			{"and was loaded by build", built(l.Build, l.BuildName)},
			{"by worker", l.Worker},
			{"at", l.Time},
			{"as the log has it", entryOf(l.Leaf, l.Entry, l.Size)},
		}...)
	}
	for _, line := range lines {
		if line[1] != "" {
			tellf(io.out, "  %-36s%s\n", line[0], line[1])
		}
	}
	if p.Extends != nil {
		tellf(io.out, "\nThe log extends the remembered checkpoint of %d entries.\n", *p.Extends)
	}
	if show && p.Record.Value != nil {
		tellf(io.out, "\nkey    %s\nvalue  %s\n", compact(p.Record.Key), compact(p.Record.Value))
	}
	tellf(io.out, "\nThat it was masked rightly is not proven by this: lethe audit sample does that.\nproof: ok\n")
}

// built is a build, and its name in the list of builds.
func built(build, name string) string {
	if name == "" {
		return build
	}
	return build + " (" + name + ")"
}

func entryOf(leaf int64, id string, size int64) string {
	return fmt.Sprintf("entry %d (%s) of %d under the checkpoint", leaf, id, size)
}

func compact(b []byte) string {
	var out bytes.Buffer
	if json.Compact(&out, b) != nil {
		return string(b)
	}
	return out.String()
}
