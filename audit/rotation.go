package audit

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/stream"
)

// Closing is the body of a close entry, the last of a shard: the log goes on under
// another key. The key of the shard signs it, and whoever trusts that key trusts the next.
type Closing struct {
	Origin   string `json:"origin"`    // of the shard that it ends
	NextKey  string `json:"next_key"`  // verifier key of the next; its name is that one's origin
	Reason   string `json:"reason"`    // ClosedYear or ClosedRotate
	ClosedAt string `json:"closed_at"` // RFC 3339 UTC
}

// Reasons of a Closing.
const (
	ClosedYear   = "year"   // a new year began
	ClosedRotate = "rotate" // a person asked for a new key
)

// Beginning is the body of a begin entry, the first of a later shard, which the
// shard's key signs: whoever trusts that key trusts what the log was before.
type Beginning struct {
	PreviousKey string `json:"previous_key"` // verifier key of the shard before
	Checkpoint  string `json:"checkpoint"`   // its last, a signed note without cosignatures
	BeganAt     string `json:"began_at"`     // RFC 3339 UTC
}

// Close returns the entry that ends a shard, made by the ledger of the shard's key.
func Close(log *Ledger, c Closing) ([]byte, error) {
	if log.Worker() != LogWorker {
		return nil, fmt.Errorf("close %s: ledger of worker %s, want the log's own", c.Origin, log.Worker())
	}
	return log.Entry(stream.EntryClose, c)
}

// ReadClosing reads an entry that ends the shard of v; nil for any other. Whoever may
// write to the audit topic may not end the log: its key has to have signed (L4).
func ReadClosing(entry []byte, v note.Verifier) *Closing {
	e, ok := ReadEntry(entry, stream.EntryClose)
	c := new(Closing)
	if !ok || json.Unmarshal(e.Body, c) != nil || c.Origin != v.Name() || !SignedByLog(entry, v) {
		return nil
	}
	return c
}

// beginning makes the entry that a shard begins with.
func beginning(signer note.Signer, before string, checkpoint []byte, now time.Time) ([]byte, error) {
	v, err := note.NewVerifier(before)
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", signer.Name(), err)
	}
	n, err := note.Open(checkpoint, note.VerifierList(v))
	if err != nil {
		return nil, fmt.Errorf("begin %s: checkpoint of %s: %w", signer.Name(), v.Name(), err)
	}
	own, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs})
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", signer.Name(), err)
	}
	b := Beginning{PreviousKey: before, Checkpoint: string(own), BeganAt: now.UTC().Format(time.RFC3339)}
	plain, err := stream.Canonical(envelope{Body: b, ID: "log-" + strconv.FormatInt(now.UnixNano(), 16) + "/1", Kind: stream.EntryBegin, V: 1})
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", signer.Name(), err)
	}
	sig, err := signer.Sign(plain)
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", signer.Name(), err)
	}
	return signed(plain, sig), nil
}

// laterShard is the name of a shard that is not a log's first: the year in which it
// began, with a number where it was not the first of that year.
var laterShard = regexp.MustCompile(`^([0-9]{4})(?:-([2-9]|[1-9][0-9]+))?$`)

// shardName is the name of the shard of an origin <log's origin>/<name>; "" for a log's
// first shard, whose origin is the log's. An origin names a workspace below its first slash.
func shardName(origin string) string {
	parts := strings.Split(origin, "/")
	if name := parts[len(parts)-1]; len(parts) > 2 && laterShard.MatchString(name) {
		return name
	}
	return ""
}

// ShardDir is the directory of the shard of an origin in the directory of a log.
func ShardDir(log, origin string) string { return filepath.Join(log, shardName(origin)) }

// NextOrigin is that of the shard after the one of an origin.
func NextOrigin(origin string, now time.Time) string {
	year, number := now.UTC().Year(), 1
	name := shardName(origin)
	if m := laterShard.FindStringSubmatch(name); m != nil {
		origin = strings.TrimSuffix(origin, "/"+name)
		// A clock that went back does not bring a name back.
		if was, _ := strconv.Atoi(m[1]); was >= year {
			n, _ := strconv.Atoi(m[2])
			year, number = was, max(n, 1)+1
		}
	}
	next := fmt.Sprintf("%s/%04d", origin, year)
	if number > 1 {
		next += "-" + strconv.Itoa(number)
	}
	return next
}
