package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// bundled is what a bundle's extra holds.
type bundled struct {
	Enrol  bundledEntry    `json:"enrol"`
	Index  count           `json:"index"`
	Leaf   json.RawMessage `json:"leaf"`
	Masked *bundledMask    `json:"masked,omitempty"`
	Out    int             `json:"out"`
	Part   int             `json:"part"`
	Path   []string        `json:"path"`
	Record string          `json:"record"`
	Since  *bundledSince   `json:"since,omitempty"`
	Size   count           `json:"size"`
	V      int             `json:"v"`
}

type bundledEntry struct {
	Index count           `json:"index"`
	Leaf  json.RawMessage `json:"leaf"`
	Path  []string        `json:"path"`
}

// bundledMask is the receipt of the mask stage, of a row. What it has in common with the
// bundle's own receipt is left out.
type bundledMask struct {
	Checkpoint string          `json:"checkpoint,omitempty"` // of another shard
	Enrol      *bundledEntry   `json:"enrol,omitempty"`      // of another worker, or in another shard
	Index      count           `json:"index"`
	Leaf       json.RawMessage `json:"leaf"`
	Path       []string        `json:"path"`
}

type bundledSince struct {
	Path []string `json:"path"`
	Size count    `json:"size"`
}

const (
	proofHeader = "c2sp.org/tlog-proof@v1\n"
	proofTail   = "— sha256 "
)

// proof is a bundle, taken apart.
type proof struct {
	extra      bundled
	checkpoint []byte
	receipt    bundledLeaf // of the record, or of the row's file
	enrol      bundledLeaf
	path       tlog.RecordProof // to the root that the receipt names
	record     []byte
	since      tlog.TreeProof
	// Of a row, the mask receipt of its record, and the entry that enrolled its worker.
	masked, maskedEnrol bundledLeaf
}

// bundledLeaf is a leaf of the log, and the proof that it is there.
type bundledLeaf struct {
	index int64
	raw   []byte
	path  tlog.RecordProof
}

func (b bundledEntry) read() (bundledLeaf, error) {
	path, err := hashesOf(b.Path)
	return bundledLeaf{int64(b.Index), b.Leaf, path}, err
}

// takeApart reads a bundle that is written in the one way.
func takeApart(raw []byte) (*proof, error) {
	at := bytes.LastIndex(raw, []byte("\n"+proofTail)) + 1
	if at <= 0 {
		return nil, errors.New("it has no last line with its hash")
	}
	sum := sha256.Sum256(raw[:at])
	if string(raw[at:]) != proofTail+base64.StdEncoding.EncodeToString(append(make([]byte, 4), sum[:]...))+"\n" {
		return nil, errors.New("its hash is another: it was changed or cut")
	}
	head, checkpoint, ok := strings.Cut(string(raw[:at]), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0]+"\n" != proofHeader {
		return nil, errors.New("its head is not that of a tlog-proof")
	}
	p := &proof{checkpoint: []byte(checkpoint)}
	extra, okExtra := strings.CutPrefix(lines[1], "extra ")
	index, okIndex := strings.CutPrefix(lines[2], "index ")
	number, err := strconv.ParseInt(index, 10, 64)
	if err != nil || !okExtra || !okIndex || number < 0 || strconv.FormatInt(number, 10) != index {
		return nil, errors.New("it has no extra or index")
	}
	p.receipt.index = number
	if p.receipt.path, err = hashesOf(lines[3:]); err != nil {
		return nil, err
	}
	text, err := strictBase64(extra)
	if err != nil {
		return nil, err
	}
	return p, p.open(text)
}

// open reads the extra.
func (p *proof) open(text []byte) error {
	if err := canonical(text); err != nil {
		return fmt.Errorf("extra: %w", err)
	}
	if err := plainNames(text); err != nil {
		return fmt.Errorf("extra: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p.extra); err != nil || p.extra.V != 1 {
		return errors.New("extra: not what a bundle holds")
	}
	// Every member in its one form: a null, or one left out, would be another.
	x := &p.extra
	again, err := plainJSON(x)
	if err != nil || !bytes.Equal(again, text) || x.Path == nil || x.Enrol.Path == nil || x.Since != nil && x.Since.Path == nil ||
		x.Masked != nil && (x.Masked.Path == nil || x.Masked.Enrol != nil && x.Masked.Enrol.Path == nil) {
		return errors.New("extra: not in its one form")
	}
	return p.read()
}

// read reads the hashes and texts of the extra.
func (p *proof) read() (err error) {
	x := &p.extra
	p.receipt.raw = x.Leaf
	if p.record, err = strictBase64(x.Record); err != nil {
		return err
	}
	if p.path, err = hashesOf(x.Path); err != nil {
		return err
	}
	if p.enrol, err = x.Enrol.read(); err != nil {
		return err
	}
	if x.Since != nil {
		if p.since, err = hashesOf(x.Since.Path); err != nil {
			return err
		}
	}
	if x.Masked == nil {
		return nil
	}
	if p.masked, err = (bundledEntry{x.Masked.Index, x.Masked.Leaf, x.Masked.Path}).read(); err != nil {
		return err
	}
	if x.Masked.Enrol != nil {
		p.maskedEnrol, err = x.Masked.Enrol.read()
		return err
	}
	if p.maskedEnrol = p.enrol; x.Masked.Checkpoint != "" {
		return errors.New("extra: the mask receipt's worker is enrolled nowhere in its shard")
	}
	return nil
}

// plainJSON writes v as canonical JSON does whose members are in order.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func strictBase64(s string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	// The decoder passes over line ends.
	if err != nil || base64.StdEncoding.EncodeToString(raw) != s {
		return nil, errors.New("not base64 in its one form")
	}
	return raw, nil
}

func hashesOf(lines []string) (out []tlog.Hash, err error) {
	for _, line := range lines {
		h, err := tlog.ParseHash(line)
		if err != nil || h.String() != line {
			return nil, errors.New("a hash is not base64 in its one form")
		}
		out = append(out, h)
	}
	return out, nil
}
