package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lethe/connectors"
	"lethe/stream"
)

// killDir, if set, makes the test binary the process that is killed.
const killDir = "LETHE_TEST_SQLITE_KILL"

// line is one line of the log that the killed process writes: records, then the
// position that they lead to. What follows the last position was not committed.
type line struct {
	Key    string           `json:"key,omitempty"`
	Op     string           `json:"op,omitempty"`
	Name   string           `json:"name,omitempty"`
	Commit *stream.Position `json:"commit,omitempty"`
}

func killed(t testing.TB, dir string) (*Source, error) {
	key := sha256.Sum256([]byte("seal"))
	block, err := aes.NewCipher(key[:])
	must(t, err)
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	must(t, err)
	src, err := openSource(connectors.Env{Name: "crm", StateDir: filepath.Join(dir, "state"), Seal: aead{gcm},
		Secret: func(string) ([]byte, error) { return key[:], nil }},
		connectors.Config{"path": filepath.Join(dir, "shop.db"), "poll": time.Millisecond, "cursor_column": "seen", "chunk_rows": int64(300)})
	return src.(*Source), err
}

// committed reads the log up to its last position and cuts off the rest.
func committed(t testing.TB, path string) (lines []line, at stream.Position) {
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	end, whole := 0, 0
	in := bufio.NewScanner(bytes.NewReader(b))
	in.Buffer(nil, 1<<20)
	var all []line
	for offset := 0; in.Scan(); {
		offset += len(in.Bytes()) + 1
		var l line
		if offset > len(b) || json.Unmarshal(in.Bytes(), &l) != nil {
			break
		}
		all = append(all, l)
		if l.Commit != nil {
			at, end, whole = *l.Commit, offset, len(all)
		}
	}
	if len(b) > 0 {
		must(t, os.Truncate(path, int64(end)))
	}
	return all[:whole], at
}

// TestTheProcessThatIsKilled commits a few batches at a time, and is slow at it.
func TestTheProcessThatIsKilled(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		return // it runs in the process that TestL2KillsLoseAndDoubleNothing starts
	}
	path := filepath.Join(dir, "log")
	_, from := committed(t, path)
	out, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	src, err := killed(t, dir)
	must(t, err)
	var tx bytes.Buffer
	batches, moved := 0, from.Label
	err = src.Read(t.Context(), from, func(b stream.Batch) error {
		write := func(l line) {
			j, err := json.Marshal(l)
			must(t, err)
			tx.Write(append(j, '\n'))
		}
		for _, r := range b.Records {
			var e struct {
				Op    string
				After struct{ Name string }
			}
			must(t, json.Unmarshal(r.Value, &e))
			write(line{Key: string(r.Key), Op: e.Op, Name: e.After.Name})
		}
		batches++
		if moved == b.Position.Label || batches < 3 && !b.CaughtUp {
			return nil
		}
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		write(line{Commit: &b.Position})
		if _, err := out.Write(tx.Bytes()); err != nil {
			return err
		}
		tx.Reset()
		batches, moved = 0, b.Position.Label
		return src.Commit(t.Context(), b.Position)
	})
	t.Fatalf("Read ended: %v", err)
}

func TestL2KillsLoseAndDoubleNothing(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("LETHE_KILLS")); err == nil {
		kills = n
	}
	s := newShop(t, "WAL", person)
	dir := filepath.Dir(s.path)
	s.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO person SELECT i, 'v0', 0 FROM n`)
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan error, 1)
	go func() { written <- s.write(ctx) }()
	self, err := os.Executable()
	must(t, err)
	for i := range kills {
		cmd := exec.Command(self, "-test.run", "^TestTheProcessThatIsKilled$")
		cmd.Env = append(os.Environ(), killDir+"="+dir)
		must(t, cmd.Start())
		time.Sleep(time.Duration(40+rand.IntN(150+10*(i%40))) * time.Millisecond)
		must(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed
	}
	stop()
	must(t, <-written)
	lines, at := committed(t, filepath.Join(dir, "log"))
	t.Logf("%d records committed over %d kills, at %s", len(lines), kills, at.Label)
	src, err := killed(t, dir)
	must(t, err)
	for _, b := range s.pollUntil(src, at, func(b stream.Batch) bool { return b.CaughtUp }) {
		for _, r := range b.Records {
			var e struct {
				Op    string
				After struct{ Name string }
			}
			must(t, json.Unmarshal(r.Value, &e))
			lines = append(lines, line{Key: string(r.Key), Op: e.Op, Name: e.After.Name})
		}
	}
	s.holdAgainst(t, lines)
}

// write changes rows until ctx ends; each change of a row has a name of its own.
func (s *shop) write(ctx context.Context) error {
	for i := 1; ctx.Err() == nil; i++ {
		id := 1 + rand.IntN(21_000)
		var err error
		switch i % 5 {
		case 0:
			_, err = s.db.Exec(`DELETE FROM person WHERE id = ?`, id)
		case 1: // late
			_, err = s.db.Exec(`INSERT OR REPLACE INTO person VALUES (?, ?, ?)`, id, fmt.Sprint("v", i), i/2)
		default:
			_, err = s.db.Exec(`INSERT OR REPLACE INTO person VALUES (?, ?, ?)`, id, fmt.Sprint("v", i), i/7)
		}
		if err != nil {
			return err
		}
		time.Sleep(100 * time.Microsecond)
	}
	return nil
}

// holdAgainst replays the records and compares them with the table.
func (s *shop) holdAgainst(t *testing.T, lines []line) {
	t.Helper()
	rows := map[string]string{}
	seen := map[string]bool{}
	for _, l := range lines {
		switch {
		case l.Commit != nil:
		case l.Op == "t":
			t.Fatal("the source began again")
		case l.Op == "d":
			if _, there := rows[l.Key]; !there {
				t.Fatalf("a row was deleted that is not there")
			}
			delete(rows, l.Key)
		default:
			if change := l.Key + l.Name; seen[change] {
				t.Fatalf("a change was given twice")
			} else {
				seen[change] = true
			}
			rows[l.Key] = l.Name
		}
	}
	all, err := s.db.Query(`SELECT id, name FROM person`)
	must(t, err)
	defer all.Close()
	n := 0
	for all.Next() {
		var id int
		var name string
		must(t, all.Scan(&id, &name))
		n++
		if rows[fmt.Sprintf(`{"id":%d}`, id)] != name {
			t.Fatalf("row %d of the table was lost", n)
		}
	}
	must(t, all.Err())
	if n != len(rows) {
		t.Fatalf("%d rows given, %d in the table", len(rows), n)
	}
}
