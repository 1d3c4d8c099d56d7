//go:build linux

package crash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// Apache Kafka takes nothing more into the audit topic: whatever a person asks for that
// is an action is refused, shows nothing and changes nothing, and works again afterwards.
func TestL4L7OnApacheKafkaNoActionTakesEffectWhoseIntentCannotBeWritten(t *testing.T) {
	r := newRig(t, []string{apacheKafka(t)})
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)")
	r.folder(t, hiddenPolicy)
	r.once(t, 1, 3, 7)
	auditor, err := exec.Command(r.lethe, "audit", "new-key", filepath.Join(t.TempDir(), "auditor.key")).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := strings.Cut(string(auditor), "auditor: ")
	key, _, _ = strings.Cut(key, "}")
	r.edit(t, func(text string) string {
		return strings.Replace(text, "audit: {log: ./log}", "audit: {log: ./log, sampling: {window: 24h, auditor: "+key+"}}", 1)
	})
	r.mayReveal(t)
	tokens := r.tokens(t, 3)
	lake, err := filepath.Glob(filepath.Join(r.dir, "lake", "*.parquet"))
	if err != nil || len(lake) == 0 {
		t.Fatal(len(lake), err)
	}
	run := exec.Command(r.lethe, "run", "--log-level", "warn", r.dir)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Signal(syscall.SIGTERM)
		run.Wait()
	})
	actions := []struct {
		in    string
		args  []string
		shows string // what it writes once it is done
	}{
		{tokens, []string{"reveal", "--stream", "src.public.account", "--field", "email", "--reason", "test", "--ticket", "T-1"}, "example.com"},
		{"", []string{"report", "ropa", "--json"}, `"proofs"`},
		{"2\n", []string{"report", "access", "--stream", "src.public.account", "--json"}, `"proofs"`},
		{"", []string{"prove", "--file", lake[0], "--row", "0"}, "c2sp.org/tlog-proof"},
		{"", []string{"audit", "sample", "--nonce", "1"}, "audit: ok"},
		{"", []string{"keys", "rotate", "--yes", "--reason", "test"}, "is made, and in force from"},
		{"", []string{"keys", "rotate", "--log", "--yes", "--reason", "test"}, "the log goes on as"},
		{"", []string{"keys", "revoke", "--yes", "--reason", "compromised"}, "is revoked"},
		{"3\n", []string{"erase", "--stream", "src.public.account", "--ticket", "T-1", "--yes"}, "keys destroyed"},
	}
	do := func(n int) (out, errs string, err error) {
		var stdout, stderr bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, r.lethe, append(actions[n].args, r.dir)...)
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // it says where it hangs
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(actions[n].in), &stdout, &stderr
		err = cmd.Run()
		return stdout.String(), stderr.String(), err
	}
	// The run is there, and so is what the first action makes.
	if out, errs, err := do(0); err != nil || !strings.Contains(out, "user1@example.com") {
		t.Fatalf("%v\n%s", err, errs)
	}
	r.mostOfAudit(t, "200") // room for the marks of transactions, and for no entry
	before := r.contents(t)
	for n, a := range actions {
		out, errs, err := do(n)
		if e := new(exec.ExitError); !errors.As(err, &e) || e.ExitCode() == stream.ExitInput || strings.Contains(out, a.shows) || strings.Contains(out+errs, "example.com") {
			t.Errorf("%v: %d bytes, %v\n%s", a.args, len(out), err, errs)
		}
		if after := r.contents(t); !maps.Equal(before, after) {
			maps.DeleteFunc(after, func(path, hash string) bool { return before[path] == hash })
			t.Errorf("%v: changed: %v", a.args, slices.Sorted(maps.Keys(after)))
		}
	}
	r.mostOfAudit(t, "1048588")
	for n, a := range actions {
		if out, errs, err := do(n); err != nil || !strings.Contains(out, a.shows) {
			t.Errorf("afterwards, %v: %v\n%s%s", a.args, err, out, errs)
		}
	}
}

// mostOfAudit says how large a batch of the audit topic may be.
func (r *crashRig) mostOfAudit(t *testing.T, bytes string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	topic := stream.Topics{Workspace: r.workspace}.Audit()
	all, err := kadm.NewClient(cl).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &bytes}}, topic)
	if err != nil || all[0].Err != nil {
		t.Fatal(err, all)
	}
}

// contents are hashes of what an action may change: keys, the lake, the log and what
// names them, but for locks and for the checkpoint, whose time is the run's.
func (r *crashRig) contents(t *testing.T) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(r.dir, path)
		switch {
		case err != nil:
			return err
		case rel == "state":
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(rel, "lock") || rel == "log/checkpoint":
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		out[rel] = fmt.Sprintf("%x", sha256.Sum256(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
