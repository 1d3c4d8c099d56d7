package wire

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"lethe/audit"
	"lethe/audit/index"
	"lethe/audit/proof"
	"lethe/audit/verify"
	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// Proving is what is to be proven: a record of a topic, or a row of a file.
type Proving struct {
	Topic     string
	Partition int32
	Offset    int64
	File      string // Parquet; "" for a record
	Row       int64  // from 0
	Since     []byte // an older checkpoint that the bundle shows to be extended; nil for none
}

// Prove makes the proof bundle of a record or row. That somebody reads it is in the log
// before.
func Prove(ctx context.Context, f *config.Folder, log *slog.Logger, by Actor, in Proving) (bundle []byte, err error) {
	err = Read(ctx, f, log, Action{Actor: by, Object: "proof", Count: 1}, func(ctx context.Context, w *Workspace) (int, error) {
		if bundle, err = w.prove(ctx, in); err != nil {
			return 0, err
		}
		return 1, nil
	})
	return bundle, err
}

// found is the receipt that tells of a record or row.
type found struct {
	claim   proof.Claim
	receipt stream.Receipt
}

func (w *Workspace) prove(ctx context.Context, in Proving) ([]byte, error) {
	r, err := w.openReader()
	if err != nil {
		return nil, w.final(err)
	}
	at, err := w.receiptOf(ctx, r, in)
	if err != nil {
		return nil, err
	}
	if in.File != "" {
		err = w.row(ctx, r, at, in)
	} else {
		err = at.record(ctx, w.base, in)
	}
	if err != nil {
		return nil, err
	}
	bundle, err := proof.Bundle(at.claim, in.Since)
	switch {
	case errors.Is(err, proof.ErrRoot):
		return nil, &stream.Fault{Code: "prove.root", Path: in.place(), Exit: stream.ExitFault,
			Msg: "what lies there is not what the receipt tells of: it was changed, or deleted in part", Hint: "lethe verify " + w.folder.Dir}
	case errors.Is(err, audit.ErrDamaged):
		return nil, w.final(err)
	}
	return bundle, err
}

func (in Proving) place() string {
	if in.File != "" {
		return in.File
	}
	return fmt.Sprintf("%s/%d at %d", in.Topic, in.Partition, in.Offset)
}

// indexFile lies in the directory of the state; it can be deleted.
const indexFile = "index.db"

// receiptOf finds the receipt of a record or row, and the entry that enrolled its worker.
func (w *Workspace) receiptOf(ctx context.Context, r *audit.Reader, in Proving) (*found, error) {
	x, err := index.Open(ctx, filepath.Join(w.folder.State, indexFile), r)
	if err != nil {
		return nil, w.final(err)
	}
	defer x.Close()
	var leaf int64
	if in.File != "" {
		leaf, err = x.Object(ctx, filepath.Base(in.File))
	} else {
		leaf, err = x.Record(ctx, in.Topic, in.Partition, in.Offset)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &stream.Fault{Code: "prove.unknown", Path: in.place(), Msg: "no receipt under the log's checkpoint tells of it",
			Hint: "offsets are those of a masked topic (_lethe_offset in the lake), files those of the lake; what was written a moment ago is in the log within a second"}
	}
	if err != nil {
		return nil, err
	}
	at := &found{}
	if at.claim.Receipt, err = r.Leaf(leaf); err != nil {
		return nil, w.final(err)
	}
	if e, ok := audit.ReadEntry(at.claim.Receipt.Entry, stream.EntryReceipt); ok {
		if err := json.Unmarshal(e.Body, &at.receipt); err != nil {
			return nil, fmt.Errorf("entry %d: %w", leaf, err)
		}
	}
	var ok bool
	if at.claim.Part, at.claim.Out, ok = in.of(at.receipt.Parts); !ok {
		return nil, fmt.Errorf("%s: it says that entry %d tells of %s: delete it", indexFile, leaf, in.place())
	}
	at.claim.Enrol, err = w.enrolment(ctx, r, x, at, in)
	return at, err
}

// enrolment is the entry that enrolled the worker of a receipt. One who was not, or was
// revoked before it, proves nothing.
func (w *Workspace) enrolment(ctx context.Context, r *audit.Reader, x *index.Index, at *found, in Proving) (enrolled audit.Leaf, err error) {
	leaf := at.claim.Receipt.Index
	enrol, revoked, err := x.Worker(ctx, at.receipt.Worker, at.claim.Receipt.Shard)
	if errors.Is(err, fs.ErrNotExist) || err == nil && enrol >= leaf {
		return enrolled, &stream.Fault{Code: "prove.worker", Path: in.place(), Msg: "the worker of its receipt was not enrolled before", Hint: "lethe verify " + w.folder.Dir, Exit: stream.ExitFault}
	}
	if err == nil && revoked >= 0 && revoked < leaf {
		return enrolled, &stream.Fault{Code: "prove.revoked", Path: in.place(), Exit: stream.ExitFault,
			Msg:  fmt.Sprintf("its receipt is entry %d of the log, and entry %d revoked the key that signed it: it proves nothing", leaf, revoked),
			Hint: "lethe verify " + w.folder.Dir}
	}
	if err == nil {
		enrolled, err = r.Leaf(enrol)
	}
	return enrolled, w.final(err)
}

// of finds the part, and output, of a receipt that tells of it.
func (in Proving) of(parts []stream.Part) (part, out int, ok bool) {
	for i, p := range parts {
		if in.File != "" {
			if p.Object == filepath.Base(in.File) {
				return i, -1, true
			}
			continue
		}
		for k, o := range p.Out {
			if o.Topic == in.Topic && o.Partition == in.Partition && int64(o.First) <= in.Offset && in.Offset <= int64(o.Last) {
				return i, k, true
			}
		}
	}
	return 0, 0, false
}

// record reads the batch that the record is of.
func (f *found) record(ctx context.Context, b pipeline.Base, in Proving) error {
	o := f.receipt.Parts[f.claim.Part].Out[f.claim.Out]
	batch, err := b.Batch(ctx, o)
	if err != nil {
		return err
	}
	number, ok := batch.At(in.Offset)
	if !ok && len(batch.Records) < int(o.N) {
		return &stream.Fault{Code: "prove.deleted", Path: in.place(), Exit: stream.ExitEnvironment, Msg: "records of its batch are deleted from the topic (keep in lethe.yaml)",
			Hint: "prove the row in the lake: lethe prove --file FILE --row N"}
	}
	if !ok {
		return &stream.Fault{Code: "prove.marker", Path: in.place(), Msg: "there is no record at this offset: it is the mark of a transaction", Hint: "take an offset of a record, such as _lethe_offset of a row"}
	}
	f.claim.Root, f.claim.Leaves, f.claim.Index, f.claim.Preimage = o.Root, batch.Leaves, number, batch.Preimage(number)
	return nil
}

// row reads the file that a row is of, and finds the receipt of its masking.
func (w *Workspace) row(ctx context.Context, r *audit.Reader, at *found, in Proving) error {
	offset, err := at.row(ctx, in)
	if err != nil {
		return err
	}
	at.claim.Masked, err = w.maskedBy(ctx, r, at.receipt.Parts[at.claim.Part], offset)
	return err
}

// maskedBy finds who masked the record at an offset of what a sink's part has loaded.
func (w *Workspace) maskedBy(ctx context.Context, r *audit.Reader, loaded stream.Part, offset int64) (*proof.Masked, error) {
	at, err := w.receiptOf(ctx, r, Proving{Topic: loaded.Topic, Partition: loaded.Partition, Offset: offset})
	if err != nil {
		return nil, err
	}
	return &proof.Masked{Receipt: at.claim.Receipt, Enrol: at.claim.Enrol}, nil
}

// row reads the file that the row is of, and returns the offset of its record.
func (f *found) row(ctx context.Context, in Proving) (offset int64, err error) {
	p := f.receipt.Parts[f.claim.Part]
	from, to, err := p.Offsets()
	if err != nil || p.RowRoot == nil {
		return 0, &stream.Fault{Code: "prove.receipt", Path: in.place(), Msg: "its receipt names no rows", Hint: "lethe verify", Exit: stream.ExitFault}
	}
	if _, err := os.Stat(in.File); errors.Is(err, fs.ErrNotExist) {
		return 0, &stream.Fault{Code: "prove.file", Path: in.File, Msg: "there is no such file", Hint: "paths are relative to where you are: lethe prove --file crm/lake/FILE.parquet --row 0 crm"}
	}
	leaves, preimage, err := verify.Rows(ctx, in.File, p.Partition, from, to, in.Row)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, &stream.Fault{Code: "prove.row", Path: in.File, Msg: err.Error(), Hint: "rows count from 0, in the order of the file"}
	}
	if err != nil {
		return 0, &stream.Fault{Code: "prove.file", Path: in.File, Msg: err.Error(), Hint: "lethe verify tells whether it was changed"}
	}
	f.claim.Root, f.claim.Index, f.claim.Preimage = *p.RowRoot, in.Row, preimage
	for _, leaf := range leaves {
		f.claim.Leaves = append(f.claim.Leaves, stream.Hash(leaf))
	}
	// The leaf of a row is over the salt, the partition and the offset, and its cells.
	return int64(binary.BigEndian.Uint64(preimage[20:])), nil
}
