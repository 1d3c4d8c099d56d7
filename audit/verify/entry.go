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
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return errors.New("hash is not 64 hex digits")
		}
		h[i/2] = h[i/2]<<4 | c
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (h digest) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// count is a 64-bit integer in a string.
type count int64

// UnmarshalJSON reads a decimal string, as canonical as JSON.
func (c *count) UnmarshalJSON(b []byte) error {
	var v int64
	var again [22]byte
	err := errCanonical
	if len(b) > 2 && len(b) <= len(again) {
		v, err = strconv.ParseInt(string(b[1:len(b)-1]), 10, 64)
	}
	if err != nil || !bytes.Equal(b, append(strconv.AppendInt(append(again[:0], '"'), v, 10), '"')) {
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

// chain and the types below mirror what stands in the log (stream/FORMAT.md).
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

var errEnvelope = errors.New("members are not body, id, kind, prev, sig and v 1")

// tail ends every entry. Canonical order puts the signature before it.
const tail = `"v":1}`

// parseLeaf takes a leaf apart and checks its form.
func parseLeaf(index int64, raw []byte) *entry {
	e := &entry{leaf: index, offset: -1}
	if err := canonical(raw); err != nil {
		return e.bad(CodeEntryCanonical, err)
	}
	if err := plainNames(raw); err != nil {
		return e.bad(CodeEntryMalformed, err)
	}
	// That nothing stands between the two is seen where the entry is taken apart.
	inner, ok := bytes.CutPrefix(raw, []byte(`{"entry":`))
	at := bytes.LastIndex(inner, []byte(`,"offset":`))
	if !ok || at < 0 {
		return e.bad(CodeEntryMalformed, errors.New("leaf is not an entry and its offset"))
	}
	var offset count
	if err := offset.UnmarshalJSON(bytes.TrimSuffix(inner[at+len(`,"offset":`):], []byte("}"))); err != nil {
		return e.bad(CodeEntryMalformed, err)
	}
	e.offset = int64(offset)
	if bytes.HasPrefix(inner, []byte(`{"refused":`)) {
		return e.bad(CodeEntryRefused, errors.New("what stood on the audit topic is no entry; only its hash is in the log"))
	}
	return e.parse(inner[:at])
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
	// What follows the body holds strings of letters that need no escape, so its beginning
	// stands nowhere after it.
	body, ok := bytes.CutPrefix(raw, []byte(`{"body":`))
	at := bytes.LastIndex(body, []byte(`,"id":"`))
	if at < 0 {
		return e.bad(CodeEntryMalformed, errEnvelope)
	}
	var id, sig string
	rest := body[at:]
	for _, m := range []struct {
		head string
		to   *string
	}{{`,"id":"`, &id}, {`","kind":"`, &e.kind}, {`","prev":"`, &e.prev}, {`","sig":"`, &sig}} {
		value, found := bytes.CutPrefix(rest, []byte(m.head))
		end := bytes.IndexAny(value, `"\\`)
		if !found || end < 0 {
			ok = false
			break
		}
		*m.to, rest = string(value[:end]), value[end:]
	}
	run, num, both := strings.Cut(id, "/")
	n, err := strconv.ParseInt(num, 10, 64)
	if !both || run == "" || err != nil || strconv.FormatInt(n, 10) != num || n < 1 {
		return e.bad(CodeEntryMalformed, errors.New("id is not <run>/<n>"))
	}
	e.id, e.run, e.n, e.body = id, run, n, body[:at]
	if !ok || string(rest) != `",`+tail {
		return e.bad(CodeEntryMalformed, errEnvelope)
	}
	if e.sig, err = base64.StdEncoding.Strict().DecodeString(sig); err != nil {
		return e.bad(CodeEntryMalformed, errors.New("signature is not base64"))
	}
	head := len(raw) - len(`"sig":""`) - len(sig) - len(",") - len(tail)
	e.plain = append(raw[:head:head], tail...)
	e.sum = sha256.Sum256(e.plain)
	if rest, err := skipValue(e.body); e.kind != entryReceipt && (err != nil || len(rest) > 0) {
		return e.bad(CodeEntryMalformed, errEnvelope)
	}
	return e.parseBody()
}

func (e *entry) parseBody() *entry {
	switch e.kind {
	case entryReceipt:
		e.receipt = new(receipt)
		rest, err := e.receipt.read(e.body)
		if err == nil && len(rest) > 0 {
			err = errEnvelope
		}
		if err != nil {
			return e.bad(CodeEntryMalformed, err)
		}
		e.worker = e.receipt.Worker
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
	if e.code, e.err = code, err; e.run == "" { // it is called by its place
		e.id = fmt.Sprintf("leaf %d", e.leaf)
	}
	return e
}
