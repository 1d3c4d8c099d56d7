//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/connectors/parquet/replay"
	"lethe/stream/broker"
	"lethe/stream/kafka"
)

// A unique canary in every classified field of every common type, and Sakila's
// own values, must be found nowhere behind the masking: not as bytes, hex,
// base64 or JSON escapes, in masked topics, decoded Parquet, the log, the output,
// metrics, or any file of the folder.
func TestL1L7NoCanaryIsFoundAnywhereBehindTheMasking(t *testing.T) {
	r := newLeakRig(t)
	needles := r.fill(t)
	if n := r.loadSakila(t); n != nil {
		needles = append(needles, n...)
	}
	r.carry(t)
	hay := r.everything(t)
	found := 0
	hay.find(needles, func(n needle, place, how string) {
		if found++; found <= 20 {
			// L7: the place, not the value.
			t.Errorf("a value of %s was found in %s as %s", n.from, place, how)
		}
	})
	if found > 0 {
		t.Errorf("%d of %d values found", found, len(needles))
	}
	// The hunt itself must be able to find: a kept value is in the lake.
	kept := 0
	hay.find([]needle{{"patient.city", "canary-kept-value"}}, func(needle, string, string) { kept++ })
	if kept == 0 {
		t.Error("the hunt found not even a value that is kept")
	}
	t.Logf("%d values hunted in %d bytes: %d found", len(needles), hay.size(), found)
}

// needle is a value that must not be found, and where it is from.
type needle struct {
	from  string
	value string
}

type leakRig struct {
	*crashRig
	output []byte // of every command, and the metrics
}

func newLeakRig(t *testing.T) *leakRig {
	return &leakRig{crashRig: newRig(t, nil)}
}

// fill makes a table with a canary in every column, changes it by every kind of
// statement, and has a column that no contract will know.
func (r *leakRig) fill(t *testing.T) []needle {
	t.Helper()
	exe(t, r.db, `CREATE TYPE mood AS ENUM ('canary-enum-sad-77120', 'canary-enum-glad-77121')`)
	exe(t, r.db, `CREATE TABLE patient (
		email text PRIMARY KEY, full_name varchar(200), phone char(40), national_id text, note text,
		card numeric(30, 4), born date, seen timestamp, visited timestamptz, rung time, token uuid,
		photo bytea, profile jsonb, raw json, tags text[], feeling mood, home inet, stay tstzrange, big text, city text)`)
	var needles []needle
	row := func(i int) []any {
		c := func(col string) string {
			v := fmt.Sprintf(`canary "%s" \ ñ ก/<%s-%d-%x>`, col, col, i, 0xC0FFEE+i*7919)
			needles = append(needles, needle{"patient." + col, v})
			return v
		}
		photo := []byte(c("photo"))
		doc, _ := json.Marshal(map[string]any{"name": c("profile.name"), "deep": map[string]any{"phones": []any{map[string]any{"no": c("profile.deep.phones.no")}}}, c("profile.member"): 1})
		number := fmt.Sprintf("9184756102938%05d", i)
		needles = append(needles, needle{"patient.card", number})
		return []any{c("email") + "@example.com", c("full_name"), fmt.Sprintf("+66 canary %d", 81234567+i), fmt.Sprintf("canary-nid-%d-%d", i, 558812+i), c("note"), number,
			fmt.Sprintf("19%02d-11-23", i%100), fmt.Sprintf("1987-03-04 05:06:07.%06d", 654321+i), fmt.Sprintf("1986-03-04 05:06:07.%06d+07", 123456+i), "01:02:03.987654",
			fmt.Sprintf("c0ffee00-dead-4bee-8ace-%012d", 771234567+i), photo, string(doc), string(doc), []string{c("tags1"), c("tags2")}, "canary-enum-sad-77120",
			fmt.Sprintf("2001:db8::c0ff:%x", 4096+i), fmt.Sprintf("[1999-01-02 03:04:05+00,1999-01-02 03:04:%02d.%05d+00]", 6+i%50, 13579+i), strings.Repeat(c("big"), 200), "canary-kept-value"}
	}
	const rows = 40
	for i := range rows {
		exe(t, r.db, "INSERT INTO patient VALUES ($1,$2,$3,$4,$5,$6::text::numeric,$7::text::date,$8::text::timestamp,$9::text::timestamptz,$10::text::time,$11::text::uuid,$12,$13::text::jsonb,$14::text::json,$15,$16::text::mood,$17::text::inet,$18::text::tstzrange,$19,$20)", row(i)...)
	}
	needles = append(needles, needle{"patient.feeling", "canary-enum-sad-77120"}, needle{"patient.unknown", "canary-unknown-column-value-3141"},
		needle{"patient.token", "c0ffee00-dead-4bee"}, needle{"patient.phone", "+66 canary 8123"}, needle{"patient.national_id", "canary-nid-"},
		needle{"patient.seen", "05:06:07.654"}, needle{"patient.visited", "22:06:07.123"}, needle{"patient.rung", "01:02:03.987"})
	return needles
}

// loadSakila loads the sample database beside, where it is there, and gives its
// texts.
func (r *leakRig) loadSakila(t *testing.T) []needle {
	t.Helper()
	shared := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(shared, "sakila-postgres-schema.sql")); err != nil {
		t.Log("Sakila is not there: ../shared is absent")
		return nil
	}
	for _, f := range []string{"sakila-postgres-schema.sql", "sakila-postgres-data.sql"} {
		// The dump names an owner that does not exist here; its own errors about
		// that are expected.
		exec.Command("psql", r.url, "-q", "-f", filepath.Join(shared, f)).Run()
	}
	var out []needle
	for table, cols := range map[string][]string{"customer": {"email", "first_name||' '||last_name"}, "staff": {"email", "password"}, "address": {"address", "phone"}, "film": {"description"}} {
		for _, col := range cols {
			rows, err := r.db.Query(t.Context(), "SELECT DISTINCT "+col+" FROM "+table+" WHERE length("+col+") >= 8")
			if err != nil {
				t.Fatal(err)
			}
			values, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				out = append(out, needle{"sakila " + table + "." + col, v})
			}
		}
	}
	if len(out) < 1000 {
		t.Fatalf("Sakila gave %d values", len(out))
	}
	return out
}

// carry discovers, runs, changes the table while running, and runs again; it
// keeps what the commands and the metrics say.
func (r *leakRig) carry(t *testing.T) {
	t.Helper()
	lethe := func(args ...string) {
		t.Helper()
		out, err := exec.Command(r.lethe, args...).CombinedOutput()
		r.output = append(r.output, out...)
		if err != nil {
			t.Fatalf("lethe %s: %v", args[0], err)
		}
	}
	os.RemoveAll(filepath.Join(r.dir, "contracts"))
	os.Remove(filepath.Join(r.dir, "policy.yaml"))
	put(t, filepath.Join(r.dir, "lethe.yaml"), fmt.Sprintf(`workspace: %s
metrics: 127.0.0.1:%d
sources:
  src: {connector: postgres, url: %q, streams: ["public.*"]}
sinks:
  lake: {connector: parquet, url: ./lake, region: TH, roll_every: 500ms, clearance: [public, internal, financial, pii, pii-pseudo]}
connections:
  all: {from: src, to: lake, purpose: analytics}
`, r.workspace, freePort(t), r.url))
	lethe("discover", r.dir)
	policy := filepath.Join(r.dir, "policy.yaml")
	text, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	put(t, policy, strings.Replace(string(text), "\nmask:\n", "\nmask:\n  default: redact\n", 1))
	lethe("check", r.dir)
	lethe("run", "--once", "--log-level", "debug", r.dir)
	exe(t, r.db, `ALTER TABLE patient ADD COLUMN "canary-unknown-column-name-2718" text`)
	exe(t, r.db, `UPDATE patient SET "canary-unknown-column-name-2718" = 'canary-unknown-column-value-3141'`)
	exe(t, r.db, `UPDATE patient SET note = note || ' again' WHERE email < 'canary "email" \ ñ ก/<email-3'`)
	exe(t, r.db, `UPDATE patient SET email = 'moved ' || email WHERE email > 'canary "email" \ ñ ก/<email-3'`)
	exe(t, r.db, `DELETE FROM patient WHERE email LIKE 'moved%'`)
	exe(t, r.db, `ALTER TABLE patient REPLICA IDENTITY FULL`)
	exe(t, r.db, `UPDATE patient SET full_name = full_name || '!'`)
	r.live(t)
	lethe("verify", r.dir)
	lethe("verify", "--json", r.dir)
}

// live runs lethe as a service, long enough to answer for its metrics.
func (r *leakRig) live(t *testing.T) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(r.lethe, "run", "--log-level", "debug", r.dir)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.dir, "lethe.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, addr, _ := strings.Cut(string(text), "metrics: ")
	addr, _, _ = strings.Cut(addr, "\n")
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		resp, err := http.Get("http://" + addr + "/metrics")
		if err != nil {
			continue
		}
		var b bytes.Buffer
		b.ReadFrom(resp.Body)
		resp.Body.Close()
		if loaded(b.String()) {
			r.output = append(r.output, b.Bytes()...)
			break
		}
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("lethe run ended with %v after an interrupt: %s", err, stderr.String())
	}
	if !bytes.Contains(r.output, []byte("lethe_records_total")) {
		t.Error("no metrics were seen")
	}
	r.output = append(r.output, stderr.Bytes()...)
}

// loaded reports whether the metrics tell of rows in the sink.
func loaded(metrics string) bool {
	return strings.Contains(metrics, `lethe_records_total{name="all",stage="sink"}`)
}

// haystack is what was written.
type haystack struct {
	places []place
}

type place struct {
	name string
	text []byte
}

func (h *haystack) add(name string, b []byte) { h.places = append(h.places, place{name, b}) }

func (h *haystack) size() (n int) {
	for _, p := range h.places {
		n += len(p.text)
	}
	return n
}

// form is one way in which a value may have been written.
type form struct {
	needle int
	how    string
	text   []byte
}

// forms are the ways in which a value may have been written.
func forms(i int, value string) []form {
	quoted, _ := json.Marshal(value)
	out := []form{{i, "bytes", []byte(value)}, {i, "JSON", bytes.Trim(quoted, `"`)},
		{i, "hex", []byte(hex.EncodeToString([]byte(value)))}, {i, "HEX", []byte(strings.ToUpper(hex.EncodeToString([]byte(value))))}}
	var escaped strings.Builder
	for _, c := range value {
		if c < 0x10000 {
			fmt.Fprintf(&escaped, `\u%04x`, c)
		}
	}
	out = append(out, form{i, "JSON escapes", []byte(escaped.String())})
	for skip := range 3 {
		// base64 of the value wherever in a group of three it begins; whole
		// groups of its own only.
		if b := value[min(len(value), skip):]; len(b) >= 6 {
			out = append(out, form{i, "base64", []byte(base64.StdEncoding.EncodeToString([]byte(b[:len(b)/3*3])))})
		}
	}
	return out
}

// find looks for all needles in one pass: by the hash of their first eight bytes.
func (h *haystack) find(needles []needle, report func(n needle, place, how string)) {
	by := make(map[uint64][]form)
	var filter [1 << 17]uint64
	slot := func(x uint64) (word, bit uint64) {
		x = x * 0x9E3779B97F4A7C15 >> 41
		return x >> 6, 1 << (x & 63)
	}
	for i, n := range needles {
		for _, f := range forms(i, n.value) {
			if len(f.text) < 8 {
				continue
			}
			x := binary.LittleEndian.Uint64(f.text)
			by[x] = append(by[x], f)
			w, b := slot(x)
			filter[w] |= b
		}
	}
	seen := make(map[int]bool)
	for _, p := range h.places {
		for at := 0; at+8 <= len(p.text); at++ {
			x := binary.LittleEndian.Uint64(p.text[at:])
			if w, b := slot(x); filter[w]&b == 0 {
				continue
			}
			for _, f := range by[x] {
				if !seen[f.needle] && bytes.HasPrefix(p.text[at:], f.text) {
					seen[f.needle] = true
					report(needles[f.needle], p.name, f.how)
				}
			}
		}
	}
}

// everything reads what lies behind the masking: topics but raw and quarantine,
// rows decoded, files of the folder, output.
func (r *leakRig) everything(t *testing.T) *haystack {
	t.Helper()
	h := &haystack{}
	h.add("output and metrics", r.output)
	var rows bytes.Buffer
	err := replay.Replay(filepath.Join(r.dir, "lake"), "", func(_ int32, _ int64, op, key, seq string, columns map[string]any) error {
		fmt.Fprintln(&rows, op, key, seq)
		for name, v := range columns {
			fmt.Fprintf(&rows, "%s=%v\n", name, v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.add("decoded Parquet", rows.Bytes())
	h.add("topics", r.topics(t))
	var files bytes.Buffer
	err = filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if rel, _ := filepath.Rel(r.dir, path); strings.HasPrefix(rel, "contracts") || rel == "lethe.yaml" || rel == "policy.yaml" {
			return nil // what discover and people write: names of columns
		}
		b, err := os.ReadFile(path)
		files.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.add("files of the folder", files.Bytes())
	return h
}

// topics reads every record of every topic, keys and headers too.
func (r *leakRig) topics(t *testing.T) []byte {
	t.Helper()
	b, err := broker.Start(t.Context(), broker.Config{Dir: filepath.Join(r.dir, "state", "broker")})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c := kafka.Cluster{Brokers: b.Addrs()}
	names, err := c.TopicNames(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for name, partitions := range names {
		for p := range partitions {
			err := c.ReadRange(t.Context(), name, p, 0, func(k *kgo.Record) error {
				out.Write(k.Key)
				out.Write(k.Value)
				for _, hd := range k.Headers {
					out.WriteString(hd.Key)
					out.Write(hd.Value)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return out.Bytes()
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
