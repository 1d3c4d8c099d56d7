package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

// A commit is in the log before it is visible. A synchronous standby that never
// answers holds a transaction there: decoded, and not shown to any snapshot. A
// chunk read meanwhile has the old row, and must not be given the later seq.
func TestL2ATransactionDecodedButNotYetVisibleIsNotOverwritten(t *testing.T) {
	d := on(t, ownServer(t))
	d.exec(`CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item SELECT i, 'old' FROM generate_series(1, 400) i`)
	hold := make(chan struct{})
	f := d.followHeld(stream.Position{}, small(nil), hold)
	hold <- struct{}{} // the first batch; the second waits
	release := f.unanswered(d, "UPDATE item SET v = 'new' WHERE id = 400")
	close(hold)
	f.until("the change", func() bool { return has(t, f, "u", `{"id":400,"v":"new"}`) })
	time.Sleep(500 * time.Millisecond) // chunks are refused meanwhile
	if has(t, f, "r", `{"id":400,"v":"old"}`) {
		t.Fatal("the old row was given after the change")
	}
	if d.value("SELECT v FROM item WHERE id = 400") != "old" {
		t.Fatal("the transaction is visible: the test shows nothing")
	}
	release()
	f.until("the row", func() bool { return has(t, f, "r", `{"id":400,"v":"new"}`) })
	f.untilCaughtUp()
	got := rows(t, f.records())
	if len(got) != 400 || got[`crm.public.item{"id":400}`] != `{"id":400,"v":"new"}` {
		t.Errorf("%d rows, the last is %s", len(got), got[`crm.public.item{"id":400}`])
	}
}

// A row that got another key is completed from the table. Before its transaction
// is visible the table has no row of the new key, or another one.
func TestL2ARowThatMovesIsCompletedOnlyOnceItIsVisible(t *testing.T) {
	d := on(t, ownServer(t))
	d.exec(`CREATE TABLE item (id int PRIMARY KEY, v text, n int);
		ALTER TABLE item ALTER v SET STORAGE EXTERNAL;
		INSERT INTO item VALUES (1, repeat('moved', 1000), 0), (2, repeat('gone', 1000), 0), (5, repeat('alone', 1000), 0)`)
	f := d.follow(stream.Position{}, nil)
	f.untilCaughtUp()
	release := f.unanswered(d, "BEGIN; DELETE FROM item WHERE id = 2; UPDATE item SET id = 2 WHERE id = 1; UPDATE item SET id = 6 WHERE id = 5; COMMIT")
	time.Sleep(500 * time.Millisecond) // in which the transaction is decoded
	release()
	moved := func(id int, v string) bool {
		return has(t, f, "r", fmt.Sprintf(`{"id":%d,"v":"%s","n":0}`, id, strings.Repeat(v, 1000)))
	}
	f.until("the rows under their new keys", func() bool { return moved(2, "moved") && moved(6, "alone") })
}

// unanswered writes, and returns while the commit waits for a standby that never
// answers. release ends the waiting, and the transaction is visible then.
func (f *follower) unanswered(d *database, sql string) (release func()) {
	f.t.Helper()
	d.exec("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
	d.exec("SELECT pg_reload_conf()")
	writer := connect(f.t, d.url)
	time.Sleep(200 * time.Millisecond) // until every process has taken the setting
	done := make(chan error, 1)
	go func() {
		_, err := writer.Exec(context.Background(), "SET synchronous_commit = on; "+sql).ReadAll()
		done <- err
	}()
	f.until("a commit that waits", func() bool {
		return d.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1"
	})
	return func() {
		f.t.Helper()
		d.exec("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
		if err := <-done; err != nil {
			f.t.Fatal(err)
		}
	}
}

func has(t *testing.T, f *follower, op, after string) bool {
	for _, r := range f.records() {
		if e := parse1(t, r); e.Op == op && string(e.After) == after {
			return true
		}
	}
	return false
}

// The list of decoded transactions is gone after a restart: what was decoded
// and is not visible must be waited for.
func TestL2ASnapshotThatGoesOnWaitsForWhatWasDecodedBefore(t *testing.T) {
	d := on(t, ownServer(t))
	d.exec(`CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item SELECT i, 'old' FROM generate_series(1, 400) i`)
	hold := make(chan struct{})
	f := d.followHeld(stream.Position{}, small(nil), hold)
	hold <- struct{}{}
	release := f.unanswered(d, "UPDATE item SET v = 'new' WHERE id = 400")
	close(hold)
	f.until("the change", func() bool { return has(t, f, "u", `{"id":400,"v":"new"}`) })
	at := f.last()
	f.stop()
	before := f.records()
	again := d.follow(at, small(nil))
	time.Sleep(1500 * time.Millisecond)
	if has(t, again, "r", `{"id":400,"v":"old"}`) {
		t.Fatal("the old row was given after the change")
	}
	release()
	again.untilCaughtUp()
	got := rows(t, append(before, again.records()...))
	if len(got) != 400 || got[`crm.public.item{"id":400}`] != `{"id":400,"v":"new"}` {
		t.Errorf("%d rows, the last is %s", len(got), got[`crm.public.item{"id":400}`])
	}
}
