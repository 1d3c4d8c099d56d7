package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxProof is longer than any bundle whose record is of the usual size: a record of
// 16 MiB stands in it as base64, twice encoded.
const MaxProof = 64 << 20

// What Proof returns for a bundle that it does not accept. What is wrong is told in the
// error that wraps one of them.
var (
	ErrProof = errors.New("not a proof bundle") // not in the one form that it has
	ErrFalse = errors.New("it is refuted")      // in that form, and not true
	// ErrOtherKey says, beside ErrFalse, that no public key which was given is that of the
	// log, or of the shard of it, that the bundle is of.
	ErrOtherKey = errors.New("no public key that was given is its")
	// ErrOlder says that nothing in a bundle is false, and that it cannot show more than
	// that.
	ErrOlder = errors.New("its checkpoint is older than the remembered one, and without a consistency proof nothing tells whether both are of one history")
)

// ProofOptions say what a bundle is held against.
type ProofOptions struct {
	PublicKey string // verifier key of the log
	// State is a checkpoint of the log that was seen before; nil for none. The bundle's
	// must extend it, and the bundle must show that (since).
	State []byte
	// Builds are the SHA-256 of executables that may have worked, in hex, and their names;
	// nil for any.
	Builds map[string]string
	// Cosigned checks further signatures of the checkpoint, such as those of witnesses,
	// and returns the lines that it checked; nil checks none, and then there may be none.
	Cosigned func(checkpoint []byte) (checked map[string]bool, err error)
}

// Proven is what the operator committed to, by a bundle.
type Proven struct {
	Origin     string `json:"origin"`
	Size       int64  `json:"size"`  // of the log, under the checkpoint
	Entry      string `json:"entry"` // id of the receipt
	Leaf       int64  `json:"leaf"`  // its index in the log
	Time       string `json:"time"`
	Worker     string `json:"worker"`
	Build      string `json:"build"`
	BuildName  string `json:"build_name,omitempty"` // by the list of builds
	Stage      string `json:"stage"`
	Connection string `json:"connection"`
	Policy     string `json:"policy"` // revision
	Keys       string `json:"keys,omitempty"`
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	// The record is one of those at offsets First to Last, the Number-th of Of, from 0. An
	// Offset is known where a row tells it, or where nothing lies between them.
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Number int64  `json:"number"`
	Of     int64  `json:"of"`
	Offset *int64 `json:"offset,omitempty"`
	Object string `json:"object,omitempty"` // the file, of a row
	// Extends is the size of the remembered checkpoint, if it was shown.
	Extends *int64 `json:"extends,omitempty"`
	// Record is the masked record or row; it is shown where somebody asks.
	Record *ProvenRecord `json:"-"`
}

// ProvenRecord is a masked record, as its leaf has it; of a row it is the leaf's bytes.
type ProvenRecord struct {
	Key, Value     []byte
	Seq, Unchanged string
	Row            []byte
}

// bundled is what a bundle's extra holds.
type bundled struct {
	Enrol  bundledEntry    `json:"enrol"`
	Index  count           `json:"index"`
	Leaf   json.RawMessage `json:"leaf"`
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

type bundledSince struct {
	Path []string `json:"path"`
	Size count    `json:"size"`
}

const (
	proofHeader = "c2sp.org/tlog-proof@v1\n"
	proofTail   = "— sha256 "
)

// Proof checks a bundle. Every byte of it counts: what stands in another way than it
// is made is no bundle. That the worker's key was not revoked between its enrolment and
// the receipt no bundle can show: [Run] does, over the whole log.
func Proof(raw []byte, o ProofOptions) (*Proven, error) {
	p, err := takeApart(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	v, logKey, err := p.keyOf(o.PublicKey)
	if err != nil {
		return nil, err
	}
	cp, err := p.signed(v, o)
	if err != nil {
		return nil, err
	}
	return p.check(cp, logKey, o)
}

// keyOf is that of the shard which a bundle is of, or the last of them: the checkpoint
// tells whether it fits.
func (p *proof) keyOf(keys string) (v note.Verifier, key ed25519.PublicKey, err error) {
	origin, _, _ := strings.Cut(string(p.checkpoint), "\n")
	for _, k := range strings.Fields(keys) {
		if v != nil && v.Name() == origin {
			break
		}
		if v, err = note.NewVerifier(k); err != nil {
			return nil, nil, ErrKey
		}
		if key, err = ed25519Of(k); err != nil {
			return nil, nil, ErrKey
		}
	}
	if v == nil {
		return nil, nil, ErrKey
	}
	if v.Name() != origin {
		return nil, nil, fmt.Errorf("%w: %w: it is of %s", ErrFalse, ErrOtherKey, origin)
	}
	return v, key, nil
}

// proof is a bundle, taken apart.
type proof struct {
	extra      bundled
	index      int64
	path       tlog.RecordProof
	checkpoint []byte
	receipt    []byte // leaf of the log
	enrol      []byte
	record     []byte
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
	var err error
	if p.index, err = strconv.ParseInt(index, 10, 64); err != nil || !okExtra || !okIndex || p.index < 0 || strconv.FormatInt(p.index, 10) != index {
		return nil, errors.New("it has no extra or index")
	}
	if p.path, err = hashesOf(lines[3:]); err != nil {
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
	if err != nil || !bytes.Equal(again, text) || x.Path == nil || x.Enrol.Path == nil || x.Since != nil && x.Since.Path == nil {
		return errors.New("extra: not in its one form")
	}
	p.receipt, p.enrol = x.Leaf, x.Enrol.Leaf
	p.record, err = strictBase64(x.Record)
	return err
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

// signed checks the checkpoint's signatures, all of them: one that nobody here checks
// could be anything.
func (p *proof) signed(v note.Verifier, o ProofOptions) (checkpoint, error) {
	cp, err := openCheckpoint(p.checkpoint, v)
	if err != nil {
		return cp, fmt.Errorf("%w: checkpoint: %w", ErrFalse, err)
	}
	checked := map[string]bool{}
	if o.Cosigned != nil {
		if checked, err = o.Cosigned(p.checkpoint); err != nil {
			return cp, fmt.Errorf("%w: checkpoint: %w", ErrFalse, err)
		}
	}
	n, err := note.Open(p.checkpoint, note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 {
		return cp, fmt.Errorf("%w: checkpoint: not one signature of the log's key", ErrFalse)
	}
	text := n.Text + "\n"
	_, sigs, _ := strings.Cut(string(p.checkpoint), "\n\n")
	for line := range strings.Lines(sigs) {
		text += line
		own := line == "— "+n.Sigs[0].Name+" "+n.Sigs[0].Base64+"\n"
		if !own && !checked[strings.TrimSuffix(line, "\n")] {
			return cp, fmt.Errorf("%w: checkpoint: a signature of somebody who is not known here: give --policy", ErrFalse)
		}
		// note.Open passes over a signature that stands there again.
		if strings.Count(sigs, line) > 1 {
			return cp, fmt.Errorf("%w: checkpoint: not in its one form", ErrProof)
		}
	}
	if text != string(p.checkpoint) || strings.Count(n.Text, "\n") != 3 {
		return cp, fmt.Errorf("%w: checkpoint: not in its one form", ErrProof)
	}
	return cp, nil
}

// check follows both steps.
func (p *proof) check(cp checkpoint, logKey ed25519.PublicKey, o ProofOptions) (*Proven, error) {
	refuted := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrFalse, fmt.Sprintf(format, args...))
	}
	receipt := parseLeaf(p.index, p.receipt)
	if receipt.err != nil || receipt.receipt == nil {
		return nil, refuted("its entry is no receipt")
	}
	if err := tlog.CheckRecord(p.path, cp.tree.N, cp.tree.Hash, p.index, tlog.RecordHash(p.receipt)); err != nil {
		return nil, refuted("the receipt is not in the log")
	}
	key, err := p.worker(cp, logKey, receipt)
	if err != nil {
		return nil, err
	}
	if !ed25519.Verify(key, receipt.plain, receipt.sig) {
		return nil, refuted("the receipt is not signed by its worker")
	}
	proven, root, err := p.place(receipt)
	if err != nil {
		return nil, err
	}
	path, err := hashesOf(p.extra.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	leaf := tlog.Hash(sha256.Sum256(append([]byte{0}, p.record...)))
	if tlog.CheckRecord(path, proven.Of, tlog.Hash(root), proven.Number, leaf) != nil {
		return nil, refuted("the record is not of the batch that the receipt tells of")
	}
	if err := proven.read(p.record); err != nil {
		return nil, err
	}
	proven.Origin, proven.Size = cp.origin, cp.tree.N
	if o.Builds != nil {
		name, known := o.Builds[proven.Build]
		if !known {
			return nil, refuted("build %s is not in the list", proven.Build)
		}
		proven.BuildName = name
	}
	if o.State != nil {
		if err := p.extends(cp, o.State); err != nil {
			return nil, err
		}
		old, _ := readCheckpoint(string(o.State))
		proven.Extends = &old.tree.N
	} else if p.extra.Since != nil {
		// Nothing to hold it against: it must not be anything.
		return nil, refuted("it shows that the log extends an older checkpoint: give that with --state")
	}
	return proven, nil
}

// worker finds the key of the receipt's worker, which the log's key enrolled before.
func (p *proof) worker(cp checkpoint, logKey ed25519.PublicKey, receipt *entry) (ed25519.PublicKey, error) {
	at := int64(p.extra.Enrol.Index)
	path, err := hashesOf(p.extra.Enrol.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	enrol := parseLeaf(at, p.enrol)
	var b struct {
		Worker    string `json:"worker"`
		PublicKey string `json:"public_key"`
	}
	if enrol.err != nil || enrol.kind != entryEnrol || json.Unmarshal(enrol.body, &b) != nil || at < 0 || at >= p.index || b.Worker != receipt.receipt.Worker {
		return nil, fmt.Errorf("%w: its worker was not enrolled before", ErrFalse)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(b.PublicKey)
	if err != nil || len(raw) != ed25519.PublicKeySize || !ed25519.Verify(logKey, enrol.plain, enrol.sig) ||
		tlog.CheckRecord(path, cp.tree.N, cp.tree.Hash, at, tlog.RecordHash(p.enrol)) != nil {
		return nil, fmt.Errorf("%w: its worker was not enrolled by the log's key", ErrFalse)
	}
	return raw, nil
}

// place finds the root that the receipt names.
func (p *proof) place(e *entry) (*Proven, digest, error) {
	r, refuted := e.receipt, fmt.Errorf("%w: the receipt has no such part or output", ErrFalse)
	if p.extra.Part < 0 || p.extra.Part >= len(r.parts) || p.extra.Size < 1 || p.extra.Index < 0 || p.extra.Index >= p.extra.Size {
		return nil, digest{}, refuted
	}
	part := &r.parts[p.extra.Part]
	out := &Proven{Entry: e.id, Leaf: p.index, Time: r.Time, Worker: r.Worker, Build: r.Build, Stage: r.Stage, Connection: r.Connection + r.Source,
		Policy: r.Policy, Keys: r.Keys, Number: int64(p.extra.Index), Of: int64(p.extra.Size)}
	if p.extra.Out == -1 {
		if part.Rows == nil || part.RowRoot == nil || int64(*part.Rows) != out.Of {
			return nil, digest{}, refuted
		}
		out.Topic, out.Partition, out.Object = part.Topic, part.Partition, part.Object
		out.First, out.Last = offsetOf(part.From), offsetOf(part.To)-1
		return out, *part.RowRoot, nil
	}
	if p.extra.Out < 0 || p.extra.Out >= len(part.Out) || int64(part.Out[p.extra.Out].N) != out.Of {
		return nil, digest{}, refuted
	}
	o := part.Out[p.extra.Out]
	out.Topic, out.Partition, out.First, out.Last = o.Topic, o.Partition, int64(o.First), int64(o.Last)
	if out.Last-out.First+1 == out.Of {
		at := out.First + out.Number
		out.Offset = &at
	}
	return out, o.Root, nil
}

// read takes the preimage of the leaf apart: of a record its fields, of a row where it
// stood.
func (p *Proven) read(b []byte) error {
	bad := fmt.Errorf("%w: its record cannot be read", ErrProof)
	if len(b) < 16 {
		return bad
	}
	b = b[16:] // the salt
	p.Record = &ProvenRecord{}
	if p.Object != "" {
		if len(b) < 12 || binary.BigEndian.Uint32(b) != uint32(p.Partition) || binary.BigEndian.Uint64(b[4:]) > math.MaxInt64 {
			return bad
		}
		at := int64(binary.BigEndian.Uint64(b[4:]))
		if at < p.First || at > p.Last {
			return fmt.Errorf("%w: the row is of another place", ErrFalse)
		}
		p.Offset, p.Record.Row = &at, b
		return nil
	}
	fields := [4][]byte{}
	for i := range fields {
		if len(b) < 4 {
			return bad
		}
		n := binary.BigEndian.Uint32(b)
		if b = b[4:]; n == math.MaxUint32 {
			continue
		}
		if uint64(n) > uint64(len(b)) {
			return bad
		}
		fields[i], b = b[:n:n], b[n:]
	}
	if len(b) > 0 {
		return bad
	}
	p.Record.Key, p.Record.Value, p.Record.Seq, p.Record.Unchanged = fields[0], fields[1], string(fields[2]), string(fields[3])
	return nil
}

// extends holds the checkpoint against one that was seen before.
func (p *proof) extends(cp checkpoint, state []byte) error {
	old, err := readCheckpoint(string(state))
	if err != nil {
		return ErrRemembered
	}
	switch s := p.extra.Since; {
	case old.origin != cp.origin:
		return fmt.Errorf("%w: the remembered checkpoint is of %s", ErrFalse, old.origin)
	case old.tree == cp.tree && s == nil:
		return nil
	case old.tree.N > cp.tree.N:
		return fmt.Errorf("%w: %d entries, and %d", ErrOlder, cp.tree.N, old.tree.N)
	case s == nil || int64(s.Size) != old.tree.N:
		return fmt.Errorf("%w: it does not show that the log extends the remembered checkpoint: ask for one by lethe prove --since", ErrFalse)
	default:
		path, err := hashesOf(s.Path)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrProof, err)
		}
		if tlog.CheckTree(path, cp.tree.N, cp.tree.Hash, old.tree.N, old.tree.Hash) != nil {
			return fmt.Errorf("%w: the log does not extend the remembered checkpoint: it was rolled back or forked", ErrFalse)
		}
	}
	return nil
}
