//go:build linux

package crash

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/connectors/parquet/replay"
	"lethe/masking/keyring/file"
)

// visitPolicy masks the key of account, and of visit only what refers to it.
const visitPolicy = `packs: [gdpr]
elements:
  src.public.account/id: id.internal
  src.public.visit/id: id.record
  src.public.visit/account_id: id.internal
subjects:
  src.public.account: {key: id}
  src.public.visit: {key: account_id}
mask:
  elements: {id.record: keep, id.internal: {hmac: {}}, contact.email: {hmac: {}}}
  default: redact
`

const accountIDs = 200

func (r *crashRig) visits(t *testing.T) {
	t.Helper()
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text)")
	exe(t, r.db, "CREATE TABLE visit (id int PRIMARY KEY, account_id int NOT NULL)")
	exe(t, r.db, fmt.Sprintf("INSERT INTO account SELECT g, 'user' || g || '@example.com' FROM generate_series(1, %d) g", accountIDs/2))
	exe(t, r.db, fmt.Sprintf("INSERT INTO visit SELECT g, g FROM generate_series(1, %d) g", accountIDs/2))
	r.folder(t, visitPolicy)
}

func (r *crashRig) says(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(r.lethe, append(args, r.dir)...).CombinedOutput()
	if err != nil {
		t.Fatalf("lethe %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// epochs gives what each account's id becomes in each epoch, computed here from the
// keyring, and the number of the epoch that a pseudonym is of.
func (r *crashRig) epochs(t *testing.T) (of map[string]int, count int) {
	t.Helper()
	ring, err := file.Open(filepath.Join(r.dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := ring.Epochs()
	if err != nil {
		t.Fatal(err)
	}
	of = make(map[string]int)
	for n, e := range all {
		in, err := ring.In(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		key, err := in.EpochSecret("hmac/" + e.Name + "/id.internal")
		if err != nil {
			t.Fatal(err)
		}
		for id := range accountIDs + 1 {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(strconv.Itoa(id)))
			of[hex.EncodeToString(mac.Sum(nil))[:32]] = n + 1
		}
	}
	return of, len(all)
}

// visible is the table as its lake shows it, over all generations of its topic: the
// newest row of each key since it was emptied last. It checks that a generation
// holds the pseudonyms of one epoch, or where they are no key that they turn once.
func (r *crashRig) visible(t *testing.T, table, column string, keyed bool) map[string]string {
	t.Helper()
	of, epochs := r.epochs(t)
	seqs, rows, emptied := make(map[string]string), make(map[string]string), ""
	type partition struct {
		generation string
		n          int32
	}
	last := make(map[partition]int)
	manifests, err := replay.Manifest(filepath.Join(r.dir, "lake"), "")
	if err != nil {
		t.Fatal(err)
	}
	topics := make(map[string]bool)
	for _, m := range manifests {
		if strings.Contains(m.Topic, ".src.public."+table+".g") {
			topics[m.Topic] = true
		}
	}
	inEpoch := make(map[string]int) // the epoch of each generation
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		err := replay.Replay(filepath.Join(r.dir, "lake"), topic, func(p int32, offset int64, op, key, seq string, columns map[string]any) error {
			if op == "t" {
				emptied = max(emptied, seq)
				return nil
			}
			text, _ := columns[column].(string)
			if seq >= seqs[key] {
				seqs[key], rows[key] = seq, text
				if op == "d" {
					delete(rows, key)
				}
			}
			if op == "d" && !keyed {
				return nil
			}
			epoch := of[text]
			at := partition{topic, p}
			switch {
			case epoch == 0:
				t.Errorf("%s/%d at %d: %s is no pseudonym of any of %d epochs", topic, p, offset, text, epochs)
			case keyed && inEpoch[topic] != 0 && inEpoch[topic] != epoch:
				t.Errorf("%s/%d at %d: a key of epoch %d among those of %d", topic, p, offset, epoch, inEpoch[topic])
			case epoch < last[at]:
				t.Errorf("%s/%d at %d: epoch %d after epoch %d", topic, p, offset, epoch, last[at])
			}
			inEpoch[topic], last[at] = epoch, epoch
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if keyed && len(slices.Compact(slices.Sorted(maps.Values(inEpoch)))) != len(inEpoch) {
		t.Errorf("two generations of one epoch: %v", inEpoch)
	}
	for key, seq := range seqs {
		if seq < emptied {
			delete(rows, key)
		}
	}
	return rows
}

func (r *crashRig) rowsOf(t *testing.T, table string) (n int) {
	t.Helper()
	if err := r.db.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestL2L6RowsBeforeAndAfterARotationJoinInsideTheirEpoch(t *testing.T) {
	forgers(t, rowsBeforeAndAfter)
}

func rowsBeforeAndAfter(t *testing.T, r *crashRig) {
	r.visits(t)
	r.says(t, "run", "--once", "--log-level", "warn")
	before := r.visible(t, "account", "id", true)
	if out := r.says(t, "keys", "rotate", "--yes"); !strings.Contains(out, "all: src.public.account (email, id)") && !strings.Contains(out, "all: src.public.account (id, email)") {
		t.Errorf("keys rotate: %s", out)
	}
	exe(t, r.db, fmt.Sprintf("INSERT INTO visit SELECT g, g - %d FROM generate_series(%d, %d) g", accountIDs/2, accountIDs/2+1, accountIDs))
	exe(t, r.db, "UPDATE account SET email = 'new@example.com' WHERE id <= 10")
	exe(t, r.db, "DELETE FROM account WHERE id = 11")
	r.says(t, "run", "--once", "--log-level", "warn")
	after := r.visible(t, "account", "id", true)
	if len(before) != accountIDs/2 || len(after) != accountIDs/2-1 {
		t.Errorf("%d accounts before, %d after", len(before), len(after))
	}
	ids := func(rows map[string]string) map[string]bool {
		all := make(map[string]bool)
		for _, id := range rows {
			all[id] = true
		}
		return all
	}
	old, now := ids(before), ids(after)
	if len(old) == 0 || len(now) == 0 || slices.ContainsFunc(slices.Collect(maps.Keys(old)), func(id string) bool { return now[id] }) {
		t.Error("the rotation changed no pseudonym")
	}
	joins := [2]int{}
	for _, id := range r.visible(t, "visit", "account_id", false) {
		if old[id] && now[id] {
			t.Errorf("%s joins in both epochs", id)
		}
		if old[id] {
			joins[0]++
		}
		if now[id] {
			joins[1]++
		}
	}
	// The account that is deleted was visited once after the switch.
	if joins != [2]int{accountIDs / 2, accountIDs/2 - 1} {
		t.Errorf("%v visits join with the accounts before and after", joins)
	}
	if v := r.verify(t); len(v.Findings) > 0 || v.of("account") == 0 {
		t.Errorf("verify: %s", v.Findings)
	}
}

// Runs are killed around rotations while somebody writes: every record has the
// epoch that the log says, each generation one, and no row is lost or doubled.
func TestL2L3L6KillsAroundRotationsLeaveOneEpochToEachRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("kills take a minute; run without -short")
	}
	forgers(t, killsAroundRotations)
}

func killsAroundRotations(t *testing.T, r *crashRig) {
	r.visits(t)
	r.begin(t)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		db := connect(t, r.url)
		for n := accountIDs; ctx.Err() == nil; n++ {
			id := 1 + n%accountIDs
			for _, sql := range []string{
				fmt.Sprintf("INSERT INTO account VALUES (%d, 'user%d@example.com') ON CONFLICT (id) DO UPDATE SET email = excluded.email", id, n),
				fmt.Sprintf("INSERT INTO visit VALUES (%d, %d)", n+1, id),
				fmt.Sprintf("DELETE FROM account WHERE id = %d AND id %% 7 = 0", 1+(n*13)%accountIDs),
			} {
				if _, err := db.Exec(context.WithoutCancel(ctx), sql); err != nil {
					t.Errorf("%s: %v", sql, err)
					return
				}
			}
			time.Sleep(2 * time.Millisecond)
		}
	})
	kills := times("LETHE_TEST_ROTATIONS", 6)
	for range kills {
		r.says(t, "keys", "rotate", "--yes")
		for range 1 + rand.IntN(2) {
			l := r.launch(t)
			most := 1500
			if r.brokers != nil {
				most = 6000 // what was killed ends by time-out there
			}
			l.lives(time.Duration(rand.IntN(most)) * time.Millisecond)
			l.kill()
		}
	}
	stop()
	writer.Wait()
	r.says(t, "run", "--once", "--log-level", "warn")
	for table, column := range map[string]string{"account": "id", "visit": "account_id"} {
		keyed := table == "account"
		if got, want := len(r.visible(t, table, column, keyed)), r.rowsOf(t, table); got != want {
			t.Errorf("the lake shows %d rows of %s, which has %d", got, table, want)
		}
	}
	if out, err := exec.Command(r.lethe, "verify", r.dir).CombinedOutput(); err != nil {
		t.Errorf("lethe verify: %v\n%s", err, out)
	}
}
