// Package audittest writes audit logs on disk for the tests of whoever reads them: the
// real ones, by the follower.
package audittest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
)

// Topic is an audit topic in memory, an entry at each offset. It ends.
type Topic [][]byte

// Read implements audit.Feed.
func (t Topic) Read(_ context.Context, from int64, emit func(int64, []byte) error) error {
	for ; from < int64(len(t)); from++ {
		if err := emit(from, t[from]); err != nil {
			return err
		}
	}
	return nil
}

// Grow appends n entries that say text.
func (t Topic) Grow(n int64, text string) Topic {
	for range n {
		t = append(t, fmt.Appendf(nil, `{"n":"%d","text":%q}`, len(t), text))
	}
	return t
}

// Follow appends what the log in dir lacks of the topic, and publishes a checkpoint
// over it, cosigned as a policy of witnesses asks; nil for none.
func (t Topic) Follow(ctx context.Context, dir, skey string, witnesses []byte) error {
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	f, err := audit.NewFollower(audit.Config{Dir: dir, Signer: signer, Name: "test", Now: time.Now, Feed: t, Witnesses: witnesses})
	if err != nil {
		return err
	}
	return f.Follow(ctx)
}

// Log follows the topic, and opens the log.
func (t Topic) Log(tb testing.TB, dir, skey string) *audit.Reader {
	tb.Helper()
	if err := t.Follow(tb.Context(), dir, skey, nil); err != nil {
		tb.Fatal(err)
	}
	v, err := audit.Verifier(skey)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := audit.OpenReader(dir, v)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}
