//go:build linux

package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestL2ALetheThatIsKilledSendsEveryEventToItsSIEMs(t *testing.T) {
	for name, brokers := range map[string]func(*testing.T) string{
		"embedded broker": func(*testing.T) string { return "embedded" },
		"Apache Kafka":    func(t *testing.T) string { return "{brokers: [" + apacheKafka(t) + "]}" },
	} {
		t.Run(name, func(t *testing.T) { killedSender(t, brokers(t)) })
	}
}

// receiver is where events end up: a file of lines.
type receiver struct{ name, file, id string }

// killedSender kills a run that sends to several receivers, one of which is dead, and
// counts what the others have in the end.
func killedSender(t *testing.T, kafka string) {
	collector := os.Getenv("LETHE_TEST_COLLECTOR")
	if collector == "" {
		missing(t, "LETHE_TEST_COLLECTOR names nothing: ./test.sh does")
	}
	dir, ws := t.TempDir(), fmt.Sprintf("siem-%d", time.Now().UnixNano())
	lethe, folder := built(t), filepath.Join(dir, "shop")
	does := func(args ...string) []byte {
		t.Helper()
		var said bytes.Buffer
		cmd := exec.Command(lethe, args...)
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("lethe %s: %v\n%s%s", strings.Join(args, " "), err, out, said.Bytes())
		}
		return out
	}
	does("init", "--workspace", ws, folder)
	otlp, hec, nobody := freePort(t), freePort(t), freePort(t)
	db := shopOf(t, folder, fmt.Sprintf(`workspace: %s
kafka: %s
audit: {log: ./log}
siem:
  archive: {transport: file, path: out/events.jsonl, format: json, clearance: [internal]}
  otlp: {transport: otlp, url: "http://127.0.0.1:%d", format: json, clearance: [internal]}
  splunk: {transport: hec, url: "http://127.0.0.1:%d", token: "00000000-0000-0000-0000-000000000000", format: ecs, clearance: [internal]}
  dead: {transport: otlp, url: "http://127.0.0.1:%d", format: json, clearance: [internal]}
`, ws, kafka, otlp, hec, nobody))
	does("discover", folder)
	all := []receiver{
		{"file", filepath.Join(folder, "out/events.jsonl"), `^\{"id":"([0-9a-f]{32})"`},
		{"otlp", filepath.Join(dir, "otlp"), `"event\.id":"([0-9a-f]{32})"`},
		{"hec", filepath.Join(dir, "hec"), `"lethe_id":"([0-9a-f]{32})"`},
	}
	for i, port := range []int{otlp, hec} {
		cmd := exec.Command(collector, []string{"--otlp", "--hec"}[i], fmt.Sprintf("127.0.0.1:%d", port), "--out", all[i+1].file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	}

	ctx, stop := context.WithCancel(t.Context())
	rows := 1
	var inserts sync.WaitGroup
	inserts.Go(func() {
		for ctx.Err() == nil {
			if _, err := db.Exec("insert into customer values (?, 'Nan')", rows+1); err != nil {
				t.Error(err)
				return
			}
			rows++
			time.Sleep(5 * time.Millisecond)
		}
	})
	for range times("LETHE_KILLS_SIEM", 12) {
		run := exec.Command(lethe, "run", "--log-level", "error", folder)
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(300+rand.IntN(2500)) * time.Millisecond)
		run.Process.Kill()
		run.Wait()
	}
	stop()
	inserts.Wait()
	does("run", "--once", folder)
	var told struct {
		Size    int64 `json:"size"`
		Streams []struct {
			InFiles int `json:"in_files"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(does("verify", "--json", folder), &told); err != nil {
		t.Fatal(err)
	}
	// A receiver that nobody answers for holds up no row.
	if len(told.Streams) != 1 || told.Streams[0].InFiles != rows {
		t.Errorf("%d rows, in files %+v", rows, told.Streams)
	}
	for _, r := range all {
		r.has(t, told.Size)
	}
}

// has checks that every entry of a log of that size is there, and counts those that
// came twice, which their ids tell.
func (r receiver) has(t *testing.T, size int64) {
	t.Helper()
	raw, err := os.ReadFile(r.file)
	if err != nil {
		t.Fatal(err)
	}
	id, index := regexp.MustCompile(r.id), regexp.MustCompile(`\\?"(?:index|sequence)\\?":([0-9]+)`)
	ids, at, lines := make(map[string]string), make(map[string]string), 0
	for line := range strings.Lines(string(raw)) {
		i, n := id.FindStringSubmatch(line), index.FindStringSubmatch(line)
		if i == nil || n == nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%s: no event in %q", r.name, line)
		}
		if was, ok := at[n[1]]; ok && was != i[1] {
			t.Errorf("%s: entry %s is event %s and %s", r.name, n[1], was, i[1])
		}
		ids[i[1]], at[n[1]] = n[1], i[1]
		lines++
	}
	for i := range size {
		if _, ok := at[fmt.Sprint(i)]; !ok {
			t.Errorf("%s: entry %d of %d was never sent", r.name, i, size)
		}
	}
	if int64(len(ids)) != size {
		t.Errorf("%s: %d events of %d entries", r.name, len(ids), size)
	}
	t.Logf("%s: %d entries, %d came twice", r.name, size, int64(lines)-size)
}
