package parquet

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"sync"

	"lethe/connectors/parquet/internal/rows"
	"lethe/stream"
)

// saltName is the key that file salts derive from.
const saltName = "file-salt"

// sink implements stream.Sink. What was loaded and published is what the
// directory says, and so is how columns are stored: registers only spare reading
// that again.
type sink struct {
	store  store
	secret func(name string) ([]byte, error)

	mu        sync.Mutex // partitions are loaded side by side
	registers map[string]*register
}

// Load writes the object of b and makes it durable under its final name, in
// that order: bytes, file, name, directory. A crash in between leaves a hidden
// temporary file that Position removes, or an object that no manifest lists.
//
// Errors say nothing that the caller knows: it was the caller who named the
// range.
func (s *sink) Load(ctx context.Context, b stream.Rows) (stream.Loaded, error) {
	if b.Schema == nil || b.Range.To <= b.Range.From {
		return stream.Loaded{}, errors.New("load has no schema or no range")
	}
	generation, err := generationOf(b.Range.Topic)
	if err != nil {
		return stream.Loaded{}, err
	}
	salt, err := s.fileSalt(b.Range)
	if err != nil {
		return stream.Loaded{}, err
	}
	table, names, err := s.tabulate(ctx, b, salt)
	if err != nil {
		return stream.Loaded{}, err
	}
	l := stream.Loaded{
		Rows:      stream.Int64(table.Rows()),
		Deletes:   stream.Int64(table.Deletes()),
		Truncates: stream.Int64(table.Truncates()),
		Root:      table.Root(), // L4: over what the object holds, salt included
		Topic:     b.Range.Topic,
		Partition: b.Range.Partition,
		From:      stream.Int64(b.Range.From),
		To:        stream.Int64(b.Range.To),
	}
	var object bytes.Buffer
	object.Grow(sizeOf(b) / 3)
	if err := table.Write(&object, names, footer(b, salt, table.Columns())); err != nil {
		return stream.Loaded{}, fmt.Errorf("encode: %w", err)
	}
	l.SHA256 = sha256.Sum256(object.Bytes())
	if l.Object, err = objectName(b.Range, generation, l.SHA256); err != nil {
		return stream.Loaded{}, err
	}
	if err := s.unpublished(l); err != nil {
		return stream.Loaded{}, err
	}
	// L2: the name is given once. A file that has it already is this object,
	// written by an owner before us, or the load fails.
	if err := s.store.create(l.Object, object.Bytes()); err != nil {
		return stream.Loaded{}, err
	}
	return l, nil
}

// sizeOf is how many bytes the values of b have.
func sizeOf(b stream.Rows) int {
	n := 0
	for i := range b.List {
		n += len(b.List[i].Value)
	}
	return n
}

// tabulate makes columns of b's records, and gives them their Parquet names.
func (s *sink) tabulate(ctx context.Context, b stream.Rows, salt []byte) (*rows.Table, []string, error) {
	// A schema that no object can hold decides nothing.
	if _, err := rows.New(b.Range, b.Schema, salt, 0); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", b.Schema.Stream, err)
	}
	stored, err := s.columns(b.Range.Topic, b.Schema.Fields)
	if err != nil {
		return nil, nil, fmt.Errorf("columns: %w", err)
	}
	schema := *b.Schema
	schema.Fields = slices.Clone(schema.Fields)
	for i, c := range stored {
		if schema.Fields[i].Type, err = stream.ParseType(c.As); err != nil {
			return nil, nil, fmt.Errorf("columns: %w", err)
		}
	}
	table, err := rows.New(b.Range, &schema, salt, len(b.List))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", b.Schema.Stream, err)
	}
	for i := range b.List {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err := table.Append(&b.List[i]); err != nil {
			// L7: the offset says which record it is.
			return nil, nil, fmt.Errorf("%s: offset %d: %w", b.Schema.Stream, b.List[i].Offset, err)
		}
	}
	fields := slices.Clone(b.Schema.Fields)
	for _, name := range table.Names()[len(fields):] {
		fields = append(fields, stream.Field{Name: name, Type: stream.Type{Base: stream.String}})
	}
	if stored, err = s.columns(b.Range.Topic, fields); err != nil {
		return nil, nil, fmt.Errorf("columns: %w", err)
	}
	names := make([]string, len(stored))
	for i, c := range stored {
		names[i] = c.Stored
	}
	return table, names, nil
}

// fileSalt is the salt of the rows of the object for r.
func (s *sink) fileSalt(r stream.Range) ([]byte, error) {
	key, err := s.secret(saltName)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", saltName, err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(r.String()))
	return mac.Sum(nil), nil
}

// footer is the key-value metadata of the object of b.
func footer(b stream.Rows, salt []byte, columns []rows.Column) []rows.Meta {
	pairs := make([][2]string, len(columns))
	for i, c := range columns {
		pairs[i] = [2]string{c.Name, c.Type}
	}
	list, _ := json.Marshal(pairs) // strings cannot fail
	return []rows.Meta{
		{Key: "lethe-row-hash", Value: "lethe-row-v1"},
		{Key: "lethe-topic", Value: b.Range.Topic},
		{Key: "lethe-partition", Value: strconv.Itoa(int(b.Range.Partition))},
		{Key: "lethe-from", Value: strconv.FormatInt(b.Range.From, 10)},
		{Key: "lethe-to", Value: strconv.FormatInt(b.Range.To, 10)},
		{Key: "lethe-policy", Value: b.Policy},
		{Key: "lethe-file-salt", Value: hex.EncodeToString(salt)},
		{Key: "lethe-columns", Value: string(list)},
	}
}

// unpublished returns an error wrapping stream.ErrConflict if the manifest
// lists another object than l at l's position.
func (s *sink) unpublished(l stream.Loaded) error {
	m, err := s.store.manifest(l.Topic, l.Partition, int64(l.From))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case m.Object != l.Object || m.SHA256 != l.SHA256:
		return fmt.Errorf("manifest lists %s: %w", m.Object, stream.ErrConflict)
	}
	return nil
}

// Publish lists the object of l in the manifest.
func (s *sink) Publish(_ context.Context, l stream.Loaded) error {
	return s.store.publish(l)
}

// Close does nothing: there is nothing open between calls.
func (s *sink) Close() error { return nil }
