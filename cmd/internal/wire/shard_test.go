package wire

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lethe/audit"
	"lethe/audit/verify"
	"lethe/stream"
)

// follows runs work while the workspace's log is written.
func (w *Workspace) follows(t *testing.T, work func(ctx context.Context) error) {
	t.Helper()
	if err := w.with(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

// verified verifies the log with each key of log.pub, and with all of them.
func (w *Workspace) verified(t *testing.T) *verify.Report {
	t.Helper()
	raw, err := os.ReadFile(w.folder.PublicKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	var last *verify.Report
	for _, keys := range append(strings.Fields(string(raw)), string(raw)) {
		if last, err = verify.Run(t.Context(), verify.Options{Log: w.folder.Log, PublicKey: keys}); err != nil || !last.OK() {
			t.Fatalf("%v, %v", err, last)
		}
	}
	return last
}

func TestL4AfterALogsKeyWasRotatedTheOldOneIsGoneAndNothingIsForgotten(t *testing.T) {
	w := recaller(t)
	old, err := w.folder.LogKey()
	if err != nil {
		t.Fatal(err)
	}
	var vkey string
	w.follows(t, func(ctx context.Context) error {
		b, err := w.begin(ctx, Action{Kind: stream.ActionErase, Count: 2})
		if err != nil {
			return err
		}
		if err := b.tell(ctx, stream.EntryShred, func(worker string) any { return stream.Shred{Of: b.id, First: 1, Last: 2, Worker: worker} }); err != nil {
			return err
		}
		if err := errors.Join(b.end(ctx, stream.OutcomeDone, 2), w.followed(ctx)); err != nil {
			return err
		}
		if vkey, err = w.rotateLog(ctx, Action{Reason: "yearly"}); err != nil {
			return err
		}
		// This process began under the old key.
		b, err = w.begin(ctx, Action{Kind: stream.ActionErase, Count: 1})
		if err != nil {
			return err
		}
		if err := b.tell(ctx, stream.EntryShred, func(worker string) any { return stream.Shred{Of: b.id, First: 3, Last: 3, Worker: worker} }); err != nil {
			return err
		}
		revokeOwn(t, w)
		return b.end(ctx, stream.OutcomeDone, 1)
	})
	is, err := w.folder.LogKey()
	if err != nil || is.Reveal() == nil || string(is.Reveal()) == string(old.Reveal()) {
		t.Error("the key that signs is the old one")
	}
	if _, err := w.folder.NextLogKey(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the next key is still there: %v", err)
	}
	files, err := os.ReadDir(w.folder.Keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(w.folder.Keys + "/" + f.Name()); err == nil && strings.Contains(string(b), string(old.Reveal())) {
			t.Errorf("%s holds the old key", f.Name())
		}
	}
	if r := w.verified(t); len(r.Shards) != 2 || !strings.HasPrefix(vkey, r.Origin+"+") || r.Entries["shred"] != 2 {
		t.Errorf("%d shards, %v", len(r.Shards), r.Entries)
	}
	for _, again := range []bool{false, true} {
		told, err := w.recall(t.Context())
		if err != nil || told.Shreds != 3 || told.Key != vkey || len(told.Workers) != 2 {
			t.Errorf("read again %t: the last erasure is %d under %s, %v", again, told.Shreds, told.Key, err)
		}
		w.forget(t)
	}
}

func TestL4ALogGoesOnInAShardOfEachYear(t *testing.T) {
	w := recaller(t)
	year := time.Now().Year()
	enter := func(ctx context.Context) error {
		b, err := w.begin(ctx, Action{Kind: stream.ActionRead})
		if err != nil {
			return err
		}
		return b.end(ctx, stream.OutcomeDone, 1)
	}
	for i := range 3 {
		w.base.Now = func() time.Time { return time.Now().AddDate(i, 0, 0) }
		w.registry = prometheus.NewRegistry()
		if err := errors.Join(w.openLogKey(), w.openLog()); err != nil {
			t.Fatal(err)
		}
		w.follows(t, func(ctx context.Context) error {
			return errors.Join(enter(ctx), w.followed(ctx), w.newYear(ctx), w.newYear(ctx), enter(ctx))
		})
	}
	r := w.verified(t)
	var names []string
	for _, s := range r.Shards {
		names = append(names, strings.TrimPrefix(s.Origin, "lethe/shop"))
	}
	want := []string{"", time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC).Format("/2006"), time.Date(year+2, 1, 1, 0, 0, 0, 0, time.UTC).Format("/2006")}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("shards %q, want %q", names, want)
	}
}

func TestL4AKeyThatWitnessesWereToldOfIsTheOneThatTheLogGoesOnUnder(t *testing.T) {
	w := recaller(t)
	told, err := NextLogKey(w.folder, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := NextLogKey(w.folder, time.Now()); err != nil || again != told {
		t.Errorf("another key the second time: %v", err)
	}
	w.follows(t, func(ctx context.Context) error {
		b, err := w.begin(ctx, Action{Kind: stream.ActionRead})
		if err != nil {
			return err
		}
		if err := errors.Join(b.end(ctx, stream.OutcomeDone, 1), w.followed(ctx)); err != nil {
			return err
		}
		got, err := w.rotateLog(ctx, Action{})
		if got != told {
			t.Errorf("it goes on under %s, told was %s", got, told)
		}
		return err
	})
	w.verified(t)
}

func TestL4ALogWhoseFirstShardIsLostIsNotWrittenAnewUnderALaterKey(t *testing.T) {
	w := recaller(t)
	w.follows(t, func(ctx context.Context) error {
		b, err := w.begin(ctx, Action{Kind: stream.ActionRead})
		if err != nil {
			return err
		}
		if err := errors.Join(b.end(ctx, stream.OutcomeDone, 1), w.followed(ctx)); err != nil {
			return err
		}
		_, err = w.rotateLog(ctx, Action{})
		return err
	})
	if err := os.RemoveAll(w.folder.Log); err != nil {
		t.Fatal(err)
	}
	w.registry = prometheus.NewRegistry()
	if err := w.openLogKey(); err != nil {
		t.Fatal(err)
	}
	if err := w.openLog(); err != nil {
		t.Fatal(err)
	}
	if err := w.follower.Follow(t.Context()); !errors.Is(err, audit.ErrDamaged) {
		t.Errorf("%v", err)
	}
}
