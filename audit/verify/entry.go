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
)

// digest is a SHA-256, in hex where it is JSON.
type digest [32]byte

func (h digest) String() string { return fmt.Sprintf("%x", h[:]) }

// UnmarshalText reads 64 lower-case hex digits.
func (h *digest) UnmarshalText(b []byte) error {
	if len(b) != 64 {
		return errors.New("hash is not 64 hex digits")
	}
	for i, c := range b {
		v := strings.IndexByte("0123456789abcdef", c)
		if v < 0 {
			return errors.New("hash is not 64 hex digits")
		}
		h[i/2] = h[i/2]<<4 | byte(v)
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (h digest) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// count is a 64-bit integer in a string.
type count int64

// UnmarshalJSON reads a decimal string, as canonical as JSON.
func (c *count) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil || string(b) != `"`+strconv.FormatInt(v, 10)+`"` {
		return errors.New("64-bit integer is not a decimal string")
	}
	// No topic holds so many; sums of what is below cannot overflow.
	if v > 1<<48 || v < -1<<48 {
		return errors.New("64-bit integer is beyond any offset or count")
	}
	*c = count(v)
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (c count) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strconv.FormatInt(int64(c), 10) + `"`), nil
}

// entry is a leaf of the log, taken apart.
type entry struct {
	leaf   int64 // index
	offset int64 // in the audit topic
	id     string
	run    string
	n      int64
	kind   string
	prev   string
	plain  []byte // what the signature covers
	sum    digest // of plain
	sig    []byte
	body   []byte

	receipt      *receipt      // kind receipt
	chain        *chain        // kind chain
	announcement *announcement // kind announce
	stream       *streamEvent  // kind stream
	forged       *forged       // kind forged
	action       *action       // kinds intent, outcome and shred
	worker       string        // that the body names
	err          error         // why it is no entry
	code         Code          // of err
}

// Words of entries and topics, as stream/FORMAT.md has them.
const (
	entryReceipt  = "receipt"
	entryChain    = "chain"
	entryEnrol    = "enrol"
	entryRevoke   = "revoke"
	entryBegin    = "begin"
	entryClose    = "close"
	entryAnnounce = "announce"
	entryForged   = "forged"
	entryIntent   = "intent"
	entryOutcome  = "outcome"
	entryShred    = "shred"
	entryStream   = "stream"

	stageIngest = "ingest"
	stageMask   = "mask"
	stageSink   = "sink"
	stageDelete = "delete"

	streamOpen  = "open"
	streamClose = "close"

	chainStart = "start"
	chainOwner = "owner"
	chainSkip  = "skip"

	kindRaw        = "raw"
	kindMasked     = "masked"
	kindQuarantine = "quarantine"

	evidenceLogStart = "log-start"
)

// receipt and the types below mirror what stands in the log (stream/FORMAT.md).
type receipt struct {
	Stage      string            `json:"stage"`
	Connection string            `json:"connection"`
	Source     string            `json:"source"`
	Worker     string            `json:"worker"`
	Build      string            `json:"build"`
	Policy     string            `json:"policy"`
	Keys       string            `json:"keys"`
	Time       string            `json:"time"`
	Detail     *digest           `json:"detail"`   // of a record that is not in the log: its form is checked
	Subjects   *digest           `json:"subjects"` // likewise
	Streams    []streamShare     `json:"streams"`
	Raw        []json.RawMessage `json:"parts"`
	parts      []part
}

type part struct {
	Topic     string  `json:"topic"`
	Partition int32   `json:"partition"`
	Prev      digest  `json:"prev"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	In        count   `json:"in"`
	Changes   count   `json:"changes"`
	Out       []out   `json:"out"`
	Filtered  count   `json:"filtered"`
	Shredded  count   `json:"shredded"`
	Object    string  `json:"object"`
	SHA256    *digest `json:"sha256"`
	Rows      *count  `json:"rows"`
	RowRoot   *digest `json:"row_root"`
	Evidence  string  `json:"evidence"`

	sum digest // of its canonical JSON
}

// streamShare is what became of a stream's records in a transaction.
type streamShare struct {
	Stream      string `json:"stream"` // "" where it cannot be known
	In          count  `json:"in"`
	Delivered   count  `json:"delivered"`
	Quarantined count  `json:"quarantined"`
	Filtered    count  `json:"filtered"`
	Shredded    count  `json:"shredded"`
}

type out struct {
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	First      count  `json:"first"`
	Last       count  `json:"last"`
	N          count  `json:"n"`
	Tombstones count  `json:"tombstones"`
	Root       digest `json:"root"`
}

type chain struct {
	Event      string `json:"event"`
	Stage      string `json:"stage"`
	Connection string `json:"connection"`
	Source     string `json:"source"`
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	Worker     string `json:"worker"`
	Head       digest `json:"head"`
	From       string `json:"from"`
}

type announcement struct {
	Source     string  `json:"source"`
	Connection string  `json:"connection"`
	Revision   string  `json:"revision"`
	Keys       string  `json:"keys"` // "" where a build wrote it that knew one epoch
	Number     count   `json:"number"`
	Topic      string  `json:"topic"`
	Partition  int32   `json:"partition"` // of the first offset
	Offsets    []count `json:"offsets"`
	Worker     string  `json:"worker"`
}

type forged struct {
	Connection string `json:"connection"`
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	N          count  `json:"n"`
	First      count  `json:"first"`
	Last       count  `json:"last"`
	Worker     string `json:"worker"`
}

// tail ends every entry. Canonical order puts the signature before it.
const tail = `"v":1}`

// parseLeaf takes a leaf apart and checks its form.
func parseLeaf(index int64, raw []byte) *entry {
	e := &entry{leaf: index, offset: -1, id: fmt.Sprintf("leaf %d", index)}
	if err := canonical(raw); err != nil {
		return e.bad(CodeEntryCanonical, err)
	}
	if err := plainNames(raw); err != nil {
		return e.bad(CodeEntryMalformed, err)
	}
	var l struct {
		Entry  json.RawMessage `json:"entry"`
		Offset count           `json:"offset"`
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return e.bad(CodeEntryMalformed, err)
	}
	// Written again it must be the same: no other members, whatever their case.
	if string(raw) != fmt.Sprintf(`{"entry":%s,"offset":"%d"}`, l.Entry, l.Offset) {
		return e.bad(CodeEntryMalformed, errors.New("leaf is not an entry and its offset"))
	}
	e.offset = int64(l.Offset)
	if bytes.HasPrefix(l.Entry, []byte(`{"refused":`)) {
		return e.bad(CodeEntryRefused, errors.New("what stood on the audit topic is no entry; only its hash is in the log"))
	}
	return e.parse(l.Entry)
}

// over counts the entry on from those of the shards before its own.
func (e *entry) over(first int64) {
	e.leaf += first
	if e.run == "" { // it is called by its place
		e.id = fmt.Sprintf("leaf %d", e.leaf)
	}
}

// plainNames checks the member names of canonical JSON. The decoder folds case, and
// ſ into s: what it takes for a member must be one to every other reader too.
func plainNames(b []byte) error {
	for len(b) > 0 {
		if b[0] != '"' {
			b = b[1:]
			continue
		}
		text, rest, err := canonicalString(b)
		if err != nil {
			return err
		}
		if b = rest; len(b) == 0 || b[0] != ':' {
			continue
		}
		for _, c := range text {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
				return errors.New("a member's name is not of a-z, 0-9 and _")
			}
		}
	}
	return nil
}

func (e *entry) parse(raw []byte) *entry {
	var v struct {
		Body json.RawMessage `json:"body"`
		ID   string          `json:"id"`
		Kind string          `json:"kind"`
		Prev string          `json:"prev"`
		Sig  string          `json:"sig"`
		V    int             `json:"v"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return e.bad(CodeEntryMalformed, err)
	}
	run, n, ok := strings.Cut(v.ID, "/")
	num, err := strconv.ParseInt(n, 10, 64)
	if !ok || run == "" || err != nil || strconv.FormatInt(num, 10) != n || num < 1 {
		return e.bad(CodeEntryMalformed, errors.New("id is not <run>/<n>"))
	}
	e.id, e.run, e.n, e.kind, e.prev, e.body = v.ID, run, num, v.Kind, v.Prev, v.Body
	head := fmt.Sprintf(`{"body":%s,"id":"%s","kind":"%s","prev":"%s",`, v.Body, v.ID, v.Kind, v.Prev)
	if v.V != 1 || string(raw) != head+`"sig":"`+v.Sig+`",`+tail {
		return e.bad(CodeEntryMalformed, errors.New("members are not body, id, kind, prev, sig and v 1"))
	}
	if e.sig, err = base64.StdEncoding.Strict().DecodeString(v.Sig); err != nil {
		return e.bad(CodeEntryMalformed, errors.New("signature is not base64"))
	}
	e.plain = []byte(head + tail)
	e.sum = sha256.Sum256(e.plain)
	return e.parseBody()
}

func (e *entry) parseBody() *entry {
	switch e.kind {
	case entryReceipt:
		e.receipt = new(receipt)
		if err := json.Unmarshal(e.body, e.receipt); err != nil {
			return e.bad(CodeEntryMalformed, err)
		}
		e.worker = e.receipt.Worker
		e.receipt.parts = make([]part, len(e.receipt.Raw))
		for i, raw := range e.receipt.Raw {
			p := &e.receipt.parts[i]
			if err := json.Unmarshal(raw, p); err != nil {
				return e.bad(CodeEntryMalformed, err)
			}
			// The entry is canonical, so its part of the bytes is too.
			p.sum = sha256.Sum256(raw)
		}
	case entryChain:
		e.chain = new(chain)
		if err := json.Unmarshal(e.body, e.chain); err != nil {
			return e.bad(CodeEntryMalformed, err)
		}
		e.worker = e.chain.Worker
	case entryAnnounce:
		e.announcement = new(announcement)
		if err := json.Unmarshal(e.body, e.announcement); err != nil {
			return e.bad(CodeEntryMalformed, err)
		}
		e.worker = e.announcement.Worker
	case entryForged:
		e.forged = new(forged)
		if err := json.Unmarshal(e.body, e.forged); err != nil {
			return e.bad(CodeEntryMalformed, err)
		}
		e.worker = e.forged.Worker
	case entryStream:
		e.stream = new(streamEvent)
		if err := json.Unmarshal(e.body, e.stream); err != nil {
			return e.bad(CodeEntryMalformed, err)
		}
		e.worker = e.stream.Worker
	case entryIntent, entryOutcome, entryShred:
		e.action = new(action)
		if err := json.Unmarshal(e.body, e.action); err != nil {
			return e.bad(CodeEntryMalformed, err)
		}
		e.worker = e.action.Worker
	case entryEnrol, entryRevoke, entryBegin, entryClose:
		e.worker = logWorker
	}
	return e
}

// bad marks e. Errors of the JSON decoder name types and offsets, and entries
// hold no values (L7).
func (e *entry) bad(code Code, err error) *entry {
	e.code, e.err = code, err
	return e
}
