// Package proof makes proof bundles: of one record that the operator committed to it,
// as one file of a few KB that is checked with the log's public key and nothing else.
//
// Its words are RFC 6962's (leaf, root, inclusion proof) and C2SP's (tlog-proof,
// checkpoint). The proof has two steps: from the record's leaf to the root of its batch,
// which a receipt names, and from the receipt to the log's checkpoint. It proves what was
// committed to, not that masking was right. Package audit/verify checks bundles and shares
// no code with this package; FORMAT.md of package stream tells their bytes.
//
// Promise: L4 provable: a bundle that a checker refuses is not made.
package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/stream"
)

// ErrRoot says that leaves do not give the root that the receipt names: records or
// rows are not those that were written.
var ErrRoot = errors.New("the leaves do not give the root that the receipt names")

// Claim is what a bundle is about.
type Claim struct {
	Receipt audit.Leaf // the entry that names the batch's root
	Enrol   audit.Leaf // the entry that enrolled the receipt's worker
	Part    int        // number of the part in the receipt
	Out     int        // number of the output in the part; -1 for the rows of the part's object
	Root    stream.Hash
	// Leaves are those under the root, and Index which of them is proven.
	Leaves []stream.Hash
	Index  int64
	// Preimage is what that leaf is the SHA-256 of, behind the byte 0.
	Preimage []byte
	// Masked is, of a row, who masked the record that it is of; nil of a record.
	Masked *Masked
}

// Masked is a mask receipt that tells of the record which a row is of.
type Masked struct {
	Receipt, Enrol audit.Leaf // the entry, and that which enrolled its worker
}

// extra is what a bundle holds beside the receipt's place in the log.
type extra struct {
	Enrol  inclusion       `json:"enrol"`
	Leaf   json.RawMessage `json:"leaf"` // of the receipt, as the log holds it
	Masked *masked         `json:"masked,omitempty"`
	Out    int             `json:"out"`
	Part   int             `json:"part"`
	Path   []string        `json:"path"` // from the record's leaf to the root, base64
	Index  stream.Int64    `json:"index"`
	Size   stream.Int64    `json:"size"`   // leaves under the root
	Record string          `json:"record"` // the leaf's preimage, base64
	Since  *since          `json:"since,omitempty"`
	V      int             `json:"v"`
}

type inclusion struct {
	Index stream.Int64    `json:"index"`
	Leaf  json.RawMessage `json:"leaf"`
	Path  []string        `json:"path"`
}

// masked is the mask receipt of a row. What it has in common with the bundle's own
// receipt is left out.
type masked struct {
	Checkpoint string     `json:"checkpoint,omitempty"` // of another shard
	Enrol      *inclusion `json:"enrol,omitempty"`      // of another worker, or in another shard
	inclusion
}

type since struct {
	Path []string     `json:"path"`
	Size stream.Int64 `json:"size"`
}

const header = "c2sp.org/tlog-proof@v1\n"

// Bundle makes the bundle of a claim at the checkpoint of the shard that holds its
// receipt, which has to hold the enrolment as well. With older, a checkpoint of the same
// shard, it proves too that the shard extends that one.
func Bundle(c Claim, older []byte) ([]byte, error) {
	s := c.Receipt.Shard
	path, err := batchPath(c)
	if err != nil {
		return nil, err
	}
	x := extra{V: 1, Part: c.Part, Out: c.Out, Path: path, Index: stream.Int64(c.Index), Size: stream.Int64(len(c.Leaves)),
		Record: base64.StdEncoding.EncodeToString(c.Preimage), Leaf: c.Receipt.Raw}
	if x.Enrol, err = enrolled(c.Receipt, c.Enrol); err != nil {
		return nil, err
	}
	if c.Masked != nil {
		if x.Masked, err = maskedOf(c); err != nil {
			return nil, err
		}
	}
	if older != nil {
		if x.Since, err = extension(s, older); err != nil {
			return nil, err
		}
	}
	text, err := stream.Canonical(x)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	hashes, err := logPath(c.Receipt)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%sextra %s\nindex %d\n", header, base64.StdEncoding.EncodeToString(text), c.Receipt.Number())
	for _, h := range hashes {
		b.WriteString(h + "\n")
	}
	b.WriteByte('\n')
	b.Write(s.Checkpoint())
	sum := sha256.Sum256(b.Bytes())
	// A line in the form of a signature, which readers of C2SP bundles pass over.
	fmt.Fprintf(&b, "— sha256 %s\n", base64.StdEncoding.EncodeToString(append(make([]byte, 4), sum[:]...)))
	return b.Bytes(), nil
}

// included is a leaf of the log and its inclusion proof.
func included(l audit.Leaf) (inclusion, error) {
	path, err := logPath(l)
	return inclusion{Index: stream.Int64(l.Number()), Leaf: l.Raw, Path: path}, err
}

// enrolled is the enrolment of a receipt's worker.
func enrolled(receipt, enrol audit.Leaf) (inclusion, error) {
	if enrol.Shard != receipt.Shard {
		return inclusion{}, fmt.Errorf("bundle: the worker is enrolled in %s, the receipt is in %s", enrol.Shard.Origin, receipt.Shard.Origin)
	}
	return included(enrol)
}

// maskedOf is what a row's bundle holds beside its own receipt.
func maskedOf(c Claim) (*masked, error) {
	in, err := included(c.Masked.Receipt)
	if err != nil {
		return nil, err
	}
	m := &masked{inclusion: in}
	if s := c.Masked.Receipt.Shard; s != c.Receipt.Shard {
		m.Checkpoint = string(s.Checkpoint())
	}
	if e := c.Masked.Enrol; e.Shard == c.Enrol.Shard && e.Index == c.Enrol.Index {
		return m, nil
	}
	enrol, err := enrolled(c.Masked.Receipt, c.Masked.Enrol)
	m.Enrol = &enrol
	return m, err
}

// logPath is the inclusion proof of a leaf of the log.
func logPath(l audit.Leaf) ([]string, error) {
	p, err := tlog.ProveRecord(l.Shard.Size, l.Number(), l.Shard.Hashes())
	if err != nil {
		return nil, fmt.Errorf("inclusion of entry %d: %w", l.Index, err)
	}
	return encoded(p), nil
}

// extension proves that the shard goes on from an older checkpoint; nil for one of its
// own size.
func extension(s *audit.Shard, older []byte) (*since, error) {
	n, err := s.Extends(older)
	if err == nil && n == 0 {
		err = errors.New("older checkpoint: of a log without entries")
	}
	if err != nil {
		return nil, err
	}
	if n == s.Size {
		return nil, nil
	}
	p, err := tlog.ProveTree(s.Size, n, s.Hashes())
	if err != nil {
		return nil, fmt.Errorf("extension from %d entries: %w", n, err)
	}
	return &since{Path: encoded(p), Size: stream.Int64(n)}, nil
}

// batchPath is the inclusion proof of a leaf of the batch.
func batchPath(c Claim) ([]string, error) {
	n := int64(len(c.Leaves))
	if c.Index < 0 || c.Index >= n || sha256.Sum256(append([]byte{0}, c.Preimage...)) != c.Leaves[c.Index] {
		return nil, ErrRoot
	}
	stored := make([]tlog.Hash, 0, 2*n)
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, leaf := range c.Leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(leaf), read)
		if err != nil {
			return nil, fmt.Errorf("batch: %w", err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(n, read)
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	if stream.Hash(root) != c.Root { // L4
		return nil, ErrRoot
	}
	p, err := tlog.ProveRecord(n, c.Index, read)
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	return encoded(p), nil
}

func encoded(hashes []tlog.Hash) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = h.String()
	}
	return out
}
