//go:build linux

package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lethe/connectors/parquet/replay"
)

const hiddenPolicy = `packs: []
elements:
  src.public.account/n: commerce.amount
subjects:
  src.public.account: {key: id}
mask:
  fields: {src.public.account/email: {encrypt: {joinable: "yes"}}}
  elements: {id.record: keep, id.internal: {hmac: {}}, commerce.amount: keep}
  default: redact
`

// tokens are the masked e-mail addresses in the lake, in the order of n.
func (r *crashRig) tokens(t *testing.T, rows int) string {
	t.Helper()
	out := make([]string, rows)
	topic := "lethe." + r.workspace + ".masked.pii-pseudo.all.src.public.account.g1"
	err := replay.Replay(filepath.Join(r.dir, "lake"), topic, func(_ int32, _ int64, _, _, _ string, columns map[string]any) error {
		var n int
		if _, err := fmt.Sscan(fmt.Sprint(columns["n"]), &n); err != nil {
			return err
		}
		out[n%1000-1] = fmt.Sprint(columns["email"])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n") + "\n"
}

func TestL4L5L7OnApacheKafkaNothingIsRevealedBeforeWhoRunsHasItInTheLog(t *testing.T) {
	r := newRig(t, []string{apacheKafka(t)})
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)")
	r.folder(t, hiddenPolicy)
	r.once(t, 1, 3, 7)
	r.mayReveal(t)
	tokens := r.tokens(t, 3)
	do := func(in string, args ...string) (string, string, error) {
		var out, errs bytes.Buffer
		cmd := exec.Command(r.lethe, append(args, r.dir)...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &out, &errs
		err := cmd.Run()
		return out.String(), errs.String(), err
	}
	open := []string{"reveal", "--stream", "src.public.account", "--field", "email", "--reason", "test", "--ticket", "T-1"}

	// Nobody follows the log.
	out, errs, err := do(tokens, open...)
	if err == nil || out != "" || !strings.Contains(errs, "could not be written into the audit log") || strings.Contains(errs, "example.com") {
		t.Fatalf("without a log: %q\n%s", out, errs)
	}
	run := exec.Command(r.lethe, "run", "--log-level", "warn", r.dir)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Signal(syscall.SIGTERM)
		run.Wait()
	})
	var line struct{ Value, Error string }
	out, errs, err = do(tokens, open...)
	if first, _, _ := strings.Cut(out, "\n"); err != nil || json.Unmarshal([]byte(first), &line) != nil || line.Value != "user1@example.com" {
		t.Fatalf("beside a run: %d bytes, %v\n%s", len(out), err, errs)
	}
	// Who is erased is erased beside a run, too.
	if out, errs, err := do("1\n", "erase", "--stream", "src.public.account", "--ticket", "T-1", "--yes"); err != nil || !strings.Contains(out, "until then a worker may still have a key") {
		t.Fatalf("erase: %v\n%s%s", err, out, errs)
	}
	out, errs, err = do(tokens, open...)
	if first, _, _ := strings.Cut(out, "\n"); err == nil || json.Unmarshal([]byte(first), &line) != nil || line.Error != "erased" || strings.Count(out, "example.com") != 2 {
		t.Fatalf("erased: %d bytes, %v\n%s", len(out), err, errs)
	}
	if out, err := exec.Command(r.lethe, "verify", "--running", r.dir).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}
