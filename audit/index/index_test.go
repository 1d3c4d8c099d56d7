package index_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lethe/audit"
	"lethe/audit/audittest"
	"lethe/audit/index"
	"lethe/stream"
)

// entries are receipts: the i-th tells of offsets [10i, 10i+9] of topic t/3 and of
// object i; the first entry enrols a worker.
func entries(t *testing.T, skey, run string, n int) (all [][]byte) {
	t.Helper()
	ledger, err := audit.LogLedger(skey, run)
	if err != nil {
		t.Fatal(err)
	}
	e, err := audit.Enrol(ledger, "w", make([]byte, 32), time.Unix(1e9, 0))
	for i := 0; err == nil; i++ {
		if all = append(all, e); len(all) > n {
			return all
		}
		e, err = ledger.Entry(stream.EntryReceipt, stream.Receipt{Stage: stream.StageMask, Worker: "w", Parts: []stream.Part{{Object: fmt.Sprintf("o%d", i),
			Out: []stream.Out{{Topic: "t", Partition: 3, First: stream.Int64(10 * i), Last: stream.Int64(10*i + 8)}}}}})
	}
	t.Fatal(err)
	return nil
}

// holds checks that the index finds what the first n receipts tell of, and no more.
func holds(t *testing.T, path string, r *audit.Reader, n int) {
	t.Helper()
	x, err := index.Open(t.Context(), path, r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for i := range n {
		for _, offset := range []int{10 * i, 10*i + 8} {
			if leaf, err := x.Record(t.Context(), "t", 3, int64(offset)); err != nil || leaf != int64(i)+1 {
				t.Fatalf("offset %d: leaf %d, %v", offset, leaf, err)
			}
		}
		if leaf, err := x.Object(t.Context(), fmt.Sprintf("o%d", i)); err != nil || leaf != int64(i)+1 {
			t.Fatalf("object %d: leaf %d, %v", i, leaf, err)
		}
	}
	if leaf, revoked, err := x.Worker(t.Context(), "w", r.Head()); err != nil || leaf != 0 || revoked != -1 {
		t.Errorf("worker: %d, %v", leaf, err)
	}
	_, marker := x.Record(t.Context(), "t", 3, 9)
	_, beyond := x.Record(t.Context(), "t", 3, int64(10*n))
	_, topic := x.Record(t.Context(), "u", 3, 0)
	_, object := x.Object(t.Context(), fmt.Sprintf("o%d", n))
	for _, err := range []error{marker, beyond, topic, object} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of %d receipts something that is not there: %v", n, err)
		}
	}
}

func TestAnIndexGrowsWithItsLog(t *testing.T) {
	skey, _, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	all, dir, path := entries(t, skey, "log-1", 600), t.TempDir(), filepath.Join(t.TempDir(), "state", "index.db")
	for _, n := range []int{1, 255, 300, 300, 600} {
		holds(t, path, audittest.Topic(all[:n+1]).Log(t, dir, skey), n)
	}
}

func TestL4AnIndexOfAnotherLogIsNotUsed(t *testing.T) {
	skey, _, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "index.db")
	all := entries(t, skey, "log-1", 300)
	holds(t, path, audittest.Topic(all).Log(t, t.TempDir(), skey), 300)
	holds(t, path, audittest.Topic(all[:201]).Log(t, t.TempDir(), skey), 200) // rolled back
	holds(t, path, audittest.Topic(entries(t, skey, "log-2", 250)).Log(t, t.TempDir(), skey), 250)
	if err := os.WriteFile(path, []byte("no database, but as long as the head of one would be, and then some more text"), 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, path, audittest.Topic(all).Log(t, t.TempDir(), skey), 300)
}

func TestL4AnIndexKnowsWhomTheLogsKeyRevokedAndNobodyElse(t *testing.T) {
	skey, _, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	all := entries(t, skey, "log-1", 3)
	evil, _, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{evil, skey, skey} {
		l, err := audit.LogLedger(by, fmt.Sprintf("log-%d", len(all)))
		if err != nil {
			t.Fatal(err)
		}
		e, err := audit.Revoke(l, "w", make([]byte, 32), time.Unix(1e9, 0), audit.RevokedRetired)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	r := audittest.Topic(all).Log(t, t.TempDir(), skey)
	x, err := index.Open(t.Context(), filepath.Join(t.TempDir(), "index.db"), r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if leaf, revoked, err := x.Worker(t.Context(), "w", r.Head()); err != nil || leaf != 0 || revoked != 5 {
		t.Errorf("enrolled in leaf %d, revoked in %d, %v", leaf, revoked, err)
	}
}
