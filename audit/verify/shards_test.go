package verify

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
)

// rotated is a world whose log goes on under further keys.
type rotated struct {
	*world
	skeys, vkeys []string
}

func newRotated(t testing.TB) *rotated {
	w := newWorld(t)
	return &rotated{w, []string{w.skey}, []string{w.vkey}}
}

// rotate ends the shard of the newest key, and enrols the workers again.
func (r *rotated) rotate() *rotated {
	r.t.Helper()
	last := len(r.skeys) - 1
	v, err := note.NewVerifier(r.vkeys[last])
	r.must(err)
	next := audit.NextOrigin(v.Name(), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	skey, vkey, err := audit.NewLogKey(next)
	r.must(err)
	r.close(last, audit.Closing{Origin: v.Name(), NextKey: vkey, Reason: audit.ClosedRotate, ClosedAt: "2027-01-01T00:00:00Z"})
	r.skeys, r.vkeys = append(r.skeys, skey), append(r.vkeys, vkey)
	r.logLedger, err = audit.LogLedger(skey, "log-"+fmt.Sprint(len(r.skeys)))
	r.must(err)
	for _, name := range []string{"w-ingest", "w-mask", "w-sink"} {
		r.enrol(name)
	}
	return r
}

func (r *rotated) close(by int, c audit.Closing) {
	l, err := audit.LogLedger(r.skeys[by], fmt.Sprintf("close-%d", len(r.entries)))
	r.must(err)
	r.add(audit.Close(l, c))
}

// rounds is run for a world that rotates.
func (r *rotated) rounds(n int) *rotated { r.run(n); return r }

func (r *rotated) follow() *rotated {
	r.t.Helper()
	s, err := note.NewSigner(r.skeys[0])
	r.must(err)
	f, err := audit.NewFollower(audit.Config{Dir: r.log, Signer: s, Feed: r.world, Name: "test", Now: time.Now, Rotation: &audit.Rotation{Key: r.vkeys[0],
		Next: func(vkey string) (note.Signer, error) {
			return note.NewSigner(r.skeys[slices.Index(r.vkeys, vkey)])
		},
		Began: func(string) error { return nil }}})
	r.must(err)
	r.must(f.Follow(r.t.Context()))
	return r
}

func (r *rotated) with(key string, o Options) *Report {
	r.t.Helper()
	o.Log, o.PublicKey, o.Lakes = r.log, key, []string{r.lake}
	got, err := Run(r.t.Context(), o)
	r.must(err)
	return got
}

func TestL4AnyKeyOfALogVerifiesAllItsShards(t *testing.T) {
	r := newRotated(t).rounds(2).rotate().rounds(1).rotate().rotate().rounds(2).follow()
	for i, key := range append(slices.Clone(r.vkeys), strings.Join(r.vkeys, "\n")) {
		got := r.with(key, Options{})
		told(t, got)
		if !got.OK() || len(got.Shards) != 4 || got.Size != int64(len(r.entries))+3 || got.Origin != "lethe/shop/2027-3" || got.Files != 5 {
			t.Errorf("key %d: %d shards, %d entries of %s, %v", i, len(got.Shards), got.Size, got.Origin, got.Findings)
		}
	}
	// A checkpoint of any shard is one that can be remembered.
	for i, dir := range []string{"", "2027", "2027-2", "2027-3"} {
		seen, err := os.ReadFile(filepath.Join(r.log, dir, "checkpoint"))
		r.must(err)
		if got := r.with(r.vkeys[3], Options{Remembered: seen}); !got.OK() || *got.Extends != got.Shards[i].First+got.Shards[i].Size {
			t.Errorf("%s: %v", dir, got.Findings)
		}
	}
}

func TestL4AProcessThatKnowsTheOldKeyMayEnrolAWorkerOnceMore(t *testing.T) {
	r := newRotated(t).rounds(1)
	old, err := audit.LogLedger(r.skey, "late")
	r.must(err)
	r.rotate()
	r.add(audit.Enrol(old, "w-mask", key("w-mask").Public().(ed25519.PublicKey), time.Unix(1700000000, 0)))
	if got := r.rounds(1).follow().with(r.vkeys[1], Options{}); !got.OK() {
		t.Errorf("%v", got.Findings)
	}
}

func TestL4WhatIsDoneToShardsIsCaught(t *testing.T) {
	type attack struct {
		code   []Code           // with whichever key it is looked at
		before func(r *rotated) // of the entries
		after  func(r *rotated) // to the log
	}
	remove := func(name string) func(r *rotated) {
		return func(r *rotated) { r.must(os.RemoveAll(filepath.Join(r.log, name))) }
	}
	// other is a log of the same keys with fewer entries in its first shard.
	other := func(r *rotated) string {
		o := &rotated{newWorld(r.t), r.skeys[:1], r.vkeys[:1]}
		o.skey, o.vkey = r.skey, r.vkey
		var err error
		o.logLedger, err = audit.LogLedger(r.skey, "log-1")
		r.must(err)
		o.entries, o.offsets = nil, nil
		for _, name := range []string{"w-ingest", "w-mask", "w-sink"} {
			o.enrol(name)
		}
		return o.rounds(1).follow().log
	}
	for name, a := range map[string]attack{
		"the newest shard is removed": {code: []Code{CodeShardMissing, CodeCheckpointMissing}, after: remove("2027-2")},
		"a shard between is removed":  {code: []Code{CodeShardMissing, CodeCheckpointMissing}, after: remove("2027/checkpoint")},
		"the first shard is removed":  {code: []Code{CodeCheckpointMissing}, after: func(r *rotated) { remove("checkpoint")(r); remove("tile")(r) }},
		"the first shard is cut off":  {code: []Code{CodeShardBegin, CodeShardUnannounced}, after: func(r *rotated) { replace(r, other(r)) }},
		"a shard is put beside them": {code: []Code{CodeShardUnannounced}, after: func(r *rotated) {
			r.must(os.CopyFS(filepath.Join(r.log, "2030"), os.DirFS(filepath.Join(r.log, "2027"))))
		}},
		"a later shard is of other key": {code: []Code{CodeCheckpointOrigin, CodeCheckpointMissing}, after: func(r *rotated) {
			r.must(os.Rename(filepath.Join(r.log, "2027-2", "checkpoint"), filepath.Join(r.log, "2027", "checkpoint")))
		}},
		"an entry of an old shard is changed": {code: []Code{CodeEntryChanged}, after: func(r *rotated) {
			path, err := filepath.Glob(filepath.Join(r.log, "tile/entries/000.p/*"))
			r.must(err)
			raw, err := os.ReadFile(path[len(path)-1])
			r.must(err)
			raw[200] ^= 1
			r.must(os.WriteFile(path[len(path)-1], raw, 0o644))
		}},
		"a stranger ends the log": {code: []Code{CodeCloseSignature}, before: func(r *rotated) {
			l, err := audit.NewLedger(audit.LogWorker, key("stranger"), "stranger")
			r.must(err)
			_, vkey, err := audit.NewLogKey("lethe/shop/2028")
			r.must(err)
			r.add(audit.Close(l, audit.Closing{Origin: "lethe/shop/2027-2", NextKey: vkey}))
		}},
		"the old key enrols a worker": {code: []Code{CodeEnrolSignature}, before: func(r *rotated) {
			l, err := audit.LogLedger(r.skey, "stolen")
			r.must(err)
			r.add(audit.Enrol(l, "w-evil", key("w-evil").Public().(ed25519.PublicKey), time.Unix(1700000000, 0)))
		}},
		"the old key goes on with a run of its own": {code: []Code{CodeWorkerRevoked}, before: func(r *rotated) {
			l, err := audit.LogLedger(r.skey, "stolen")
			r.must(err)
			r.add(l.Entry("note", map[string]string{}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRotated(t).rounds(2).rotate().rounds(1).rotate().rounds(1)
			if a.before != nil {
				a.before(r)
			}
			r.follow()
			if a.after != nil {
				if got := r.with(r.vkeys[2], Options{}); !got.OK() {
					t.Fatal(got.Findings)
				}
				a.after(r)
			}
			for i, k := range r.vkeys {
				got := r.with(k, Options{})
				if !slices.ContainsFunc(got.Findings, func(f Finding) bool { return slices.Contains(a.code, f.Code) }) {
					t.Errorf("with key %d: %v", i, got.Findings)
				}
			}
		})
	}
}

// replace puts the tiles and the checkpoint of another log into the first shard's place.
func replace(r *rotated, log string) {
	for _, name := range []string{"checkpoint", "tile"} {
		r.must(os.RemoveAll(filepath.Join(r.log, name)))
		r.must(os.Rename(filepath.Join(log, name), filepath.Join(r.log, name)))
	}
}

func TestL4AnotherLanguageChecksEachShard(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not there")
	}
	r := newRotated(t).rounds(2).rotate().rounds(1).follow()
	for i, dir := range []string{"", "2027"} {
		pub := filepath.Join(t.TempDir(), "log.pub")
		r.must(os.WriteFile(pub, []byte(r.vkeys[i]+"\n"), 0o644))
		if out, err := exec.Command(python, "independent/check.py", filepath.Join(r.log, dir), pub).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", dir, err, out)
		}
	}
}
