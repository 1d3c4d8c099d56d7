//go:build linux

package crash

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lethe/connectors/parquet/replay"
)

func TestL4L7ARecordIsProvenFromApacheKafkaToWhoHasThePublicKeyAlone(t *testing.T) {
	r := newRig(t, []string{apacheKafka(t)})
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)")
	r.folder(t, hiddenPolicy)
	r.once(t, 1, 30, 7)
	r.once(t, 31, 30, 7)
	r.proven(t)
	run := exec.Command(r.lethe, "run", "--log-level", "warn", r.dir)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Signal(syscall.SIGTERM)
		run.Wait()
	})
	r.proven(t)
}

// proven proves the first and the last record of the lake, and a row of a file, and
// checks each bundle in a directory with nothing but it and the public key.
func (r *crashRig) proven(t *testing.T) {
	t.Helper()
	type place struct {
		partition int32
		offset    int64
	}
	var all []place
	topic := "lethe." + r.workspace + ".masked.pii-pseudo.all.src.public.account.g1"
	err := replay.Replay(filepath.Join(r.dir, "lake"), topic, func(p int32, o int64, _, _, _ string, _ map[string]any) error {
		all = append(all, place{p, o})
		return nil
	})
	files, globErr := filepath.Glob(filepath.Join(r.dir, "lake", "*.parquet"))
	if err != nil || globErr != nil || len(all) != 60 || len(files) == 0 {
		t.Fatalf("%d records in %d files: %v, %v", len(all), len(files), err, globErr)
	}
	bundles := [][]string{{"--file", files[0], "--row", "0"}}
	for _, at := range []place{all[0], all[len(all)-1]} {
		bundles = append(bundles, []string{"--topic", topic, "--partition", fmt.Sprint(at.partition), "--offset", fmt.Sprint(at.offset)})
	}
	for _, args := range bundles {
		cmd := exec.Command(r.lethe, append(append([]string{"prove"}, args...), r.dir)...)
		var errs strings.Builder
		cmd.Stderr = &errs
		bundle, err := cmd.Output()
		if err != nil {
			t.Fatalf("prove %v: %v\n%s", args, err, errs.String())
		}
		path := filepath.Join(t.TempDir(), "one.tlog-proof")
		put(t, path, string(bundle))
		out, err := exec.Command(r.lethe, "verify", path, "--key", filepath.Join(r.dir, "log.pub")).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "proof: ok") || !strings.Contains(string(out), topic) || strings.Contains(string(bundle), "example.com") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}
