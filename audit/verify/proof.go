package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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

// Proven is what the operator committed to, by a bundle. Of a row, too, it is told who
// masked it, and beside that who loaded it.
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
	First  int64   `json:"first"`
	Last   int64   `json:"last"`
	Number int64   `json:"number"`
	Of     int64   `json:"of"`
	Offset *int64  `json:"offset,omitempty"`
	Loaded *Loaded `json:"loaded,omitempty"` // a row; nil for a record
	// Extends is the size of the remembered checkpoint, if it was shown.
	Extends *int64 `json:"extends,omitempty"`
	// Record is the masked record or row; it is shown where somebody asks.
	Record *ProvenRecord `json:"-"`
}

// Loaded says who wrote a row to its file. First to Last, Number and Of are those of the
// file then.
type Loaded struct {
	Object    string `json:"object"` // the file
	Origin    string `json:"origin"`
	Size      int64  `json:"size"`
	Entry     string `json:"entry"`
	Leaf      int64  `json:"leaf"`
	Time      string `json:"time"`
	Worker    string `json:"worker"`
	Build     string `json:"build"`
	BuildName string `json:"build_name,omitempty"`
}

// ProvenRecord is a masked record, as its leaf has it; of a row it is the leaf's bytes.
type ProvenRecord struct {
	Key, Value     []byte
	Seq, Unchanged string
	Row            []byte
}

// Proof checks a bundle. Every byte of it counts: what stands in another way than it
// is made is no bundle. That the worker's key was not revoked between its enrolment and
// the receipt no bundle can show: [Run] does, over the whole log.
func Proof(raw []byte, o ProofOptions) (*Proven, error) {
	p, err := takeApart(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	log, err := sealedBy(p.checkpoint, o)
	if err != nil {
		return nil, err
	}
	return p.check(log, o)
}

// sealed is a checkpoint whose signatures were checked, and the key of its shard.
type sealed struct {
	checkpoint
	verifier note.Verifier
	key      ed25519.PublicKey
}

// sealedBy checks a checkpoint by the key of the shard that it is of, or the last of
// them: it tells whether that fits.
func sealedBy(raw []byte, o ProofOptions) (s sealed, err error) {
	origin, _, _ := strings.Cut(string(raw), "\n")
	for _, k := range strings.Fields(o.PublicKey) {
		if s.verifier != nil && s.verifier.Name() == origin {
			break
		}
		if s.verifier, err = note.NewVerifier(k); err != nil {
			return s, ErrKey
		}
		if s.key, err = ed25519Of(k); err != nil {
			return s, ErrKey
		}
	}
	if s.verifier == nil {
		return s, ErrKey
	}
	if s.verifier.Name() != origin {
		return s, fmt.Errorf("%w: %w: it is of %s", ErrFalse, ErrOtherKey, origin)
	}
	s.checkpoint, err = signed(raw, s.verifier, o)
	return s, err
}

// signed checks the checkpoint's signatures, all of them: one that nobody here checks
// could be anything. The log's is the first, and nobody signs twice.
func signed(raw []byte, v note.Verifier, o ProofOptions) (checkpoint, error) {
	cp, err := openCheckpoint(raw, v)
	if err != nil {
		return cp, fmt.Errorf("%w: checkpoint: %w", ErrFalse, err)
	}
	checked := map[string]bool{}
	if o.Cosigned != nil {
		if checked, err = o.Cosigned(raw); err != nil {
			return cp, fmt.Errorf("%w: checkpoint: %w", ErrFalse, err)
		}
	}
	n, err := note.Open(raw, note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 {
		return cp, fmt.Errorf("%w: checkpoint: not one signature of the log's key", ErrFalse)
	}
	text := n.Text + "\n"
	_, sigs, _ := strings.Cut(string(raw), "\n\n")
	signers := make(map[string]bool)
	for line := range strings.Lines(sigs) {
		own := line == "— "+n.Sigs[0].Name+" "+n.Sigs[0].Base64+"\n"
		if !own && !checked[strings.TrimSuffix(line, "\n")] {
			return cp, fmt.Errorf("%w: checkpoint: a signature of somebody who is not known here: give --policy", ErrFalse)
		}
		who := signer(line)
		if own != (len(signers) == 0) || signers[who] {
			return cp, fmt.Errorf("%w: checkpoint: the log's signature is not the first, or somebody's stands there twice", ErrProof)
		}
		signers[who] = true
		text += line
	}
	if text != string(raw) || strings.Count(n.Text, "\n") != 3 {
		return cp, fmt.Errorf("%w: checkpoint: not in its one form", ErrProof)
	}
	return cp, nil
}

// signer is the name and key hash of a signature line.
func signer(line string) string {
	name, text, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "— "), "\n"), " ")
	raw, _ := base64.StdEncoding.DecodeString(text)
	return name + " " + string(raw[:min(4, len(raw))])
}

// check follows both steps.
func (p *proof) check(log sealed, o ProofOptions) (*Proven, error) {
	receipt, err := log.receipt(p.receipt, p.enrol)
	if err != nil {
		return nil, err
	}
	proven, root, err := p.place(receipt)
	if err != nil {
		return nil, err
	}
	leaf := tlog.Hash(sha256.Sum256(append([]byte{0}, p.record...)))
	if tlog.CheckRecord(p.path, proven.Of, tlog.Hash(root), proven.Number, leaf) != nil {
		return nil, refuted("the record is not of the batch that the receipt tells of")
	}
	if err := proven.read(p.record); err != nil {
		return nil, err
	}
	proven.by(log, receipt)
	if proven.Loaded != nil {
		err = p.mask(proven, log, receipt, o)
	} else if p.extra.Masked != nil {
		err = fmt.Errorf("%w: it is of a record, and holds another receipt", ErrProof)
	}
	if err != nil {
		return nil, err
	}
	if err := proven.named(o.Builds); err != nil {
		return nil, err
	}
	if s := p.extra.Since; s != nil && (s.Size < 1 || int64(s.Size) >= log.tree.N) {
		return nil, fmt.Errorf("%w: what it shows to be extended is no older checkpoint", ErrProof)
	}
	if o.State != nil {
		proven.Extends, err = p.extends(log, o.State)
		return proven, err
	}
	if p.extra.Since != nil {
		// Nothing to hold it against: it must not be anything.
		return nil, refuted("it shows that the log extends an older checkpoint: give that with --state")
	}
	return proven, nil
}

func refuted(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFalse, fmt.Sprintf(format, args...))
}

// receipt finds a receipt in the log, which a worker signed whom the log's key enrolled
// before.
func (s sealed) receipt(at, enrol bundledLeaf) (*entry, error) {
	e := parseLeaf(at.index, at.raw)
	if e.err != nil || e.receipt == nil {
		return nil, refuted("its entry is no receipt")
	}
	if err := tlog.CheckRecord(at.path, s.tree.N, s.tree.Hash, at.index, tlog.RecordHash(at.raw)); err != nil {
		return nil, refuted("the receipt is not in the log")
	}
	key, err := s.worker(e, enrol)
	if err != nil {
		return nil, err
	}
	if !ed25519.Verify(key, e.plain, e.sig) {
		return nil, refuted("the receipt is not signed by its worker")
	}
	return e, nil
}

// worker finds the key of a receipt's worker, which the log's key enrolled before.
func (s sealed) worker(receipt *entry, at bundledLeaf) (ed25519.PublicKey, error) {
	enrol := parseLeaf(at.index, at.raw)
	var b struct {
		Worker    string `json:"worker"`
		PublicKey string `json:"public_key"`
	}
	if enrol.err != nil || enrol.kind != entryEnrol || json.Unmarshal(enrol.body, &b) != nil || at.index < 0 || at.index >= receipt.leaf || b.Worker != receipt.receipt.Worker {
		return nil, refuted("its worker was not enrolled before")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(b.PublicKey)
	if err != nil || len(raw) != ed25519.PublicKeySize || !ed25519.Verify(s.key, enrol.plain, enrol.sig) ||
		tlog.CheckRecord(at.path, s.tree.N, s.tree.Hash, at.index, tlog.RecordHash(at.raw)) != nil {
		return nil, refuted("its worker was not enrolled by the log's key")
	}
	return raw, nil
}

// place finds the root that the receipt names.
func (p *proof) place(e *entry) (*Proven, digest, error) {
	r, refuted := e.receipt, refuted("the receipt has no such part or output")
	if p.extra.Part < 0 || p.extra.Part >= len(r.parts) || p.extra.Size < 1 || p.extra.Index < 0 || p.extra.Index >= p.extra.Size {
		return nil, digest{}, refuted
	}
	part := &r.parts[p.extra.Part]
	out := &Proven{Number: int64(p.extra.Index), Of: int64(p.extra.Size)}
	if p.extra.Out == -1 {
		if r.Stage != stageSink || part.Rows == nil || part.RowRoot == nil || int64(*part.Rows) != out.Of {
			return nil, digest{}, refuted
		}
		out.Topic, out.Partition, out.Loaded = part.Topic, part.Partition, &Loaded{Object: part.Object}
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
	if p.Loaded != nil {
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

// extends holds the checkpoint against one that was seen before, and returns its size.
func (p *proof) extends(log sealed, state []byte) (*int64, error) {
	old, err := readCheckpoint(string(state))
	if err != nil {
		return nil, ErrRemembered
	}
	if old.origin != log.origin {
		return nil, refuted("the remembered checkpoint is of %s", old.origin)
	}
	if old.tree.N > log.tree.N {
		return nil, fmt.Errorf("%w: %d entries, and %d", ErrOlder, log.tree.N, old.tree.N)
	}
	if old, err = openCheckpoint(state, log.verifier); err != nil {
		return nil, refuted("the remembered checkpoint: %v", err)
	}
	switch s := p.extra.Since; {
	case old.tree == log.tree && s == nil:
		return &old.tree.N, nil
	case s == nil || int64(s.Size) != old.tree.N:
		return nil, refuted("it does not show that the log extends the remembered checkpoint: ask for one by lethe prove --since")
	case tlog.CheckTree(p.since, log.tree.N, log.tree.Hash, old.tree.N, old.tree.Hash) != nil:
		return nil, refuted("the log does not extend the remembered checkpoint: it was rolled back or forked")
	}
	return &old.tree.N, nil
}
