// Package replay reads back what the parquet sink wrote, as any reader of the
// manifest would, in offset order.
//
// It takes from an object's footer what it is and gives values as the envelope
// had them. It verifies each object's SHA-256 against the manifest; whether the
// manifest is right is for package verify to say, which shares no code with the
// sink.
package replay

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/parquet/file"

	"lethe/stream"
)

// Manifest lists the published objects of a masked topic by partition and
// offset; of all topics if topic is empty. Objects whose ranges overlap are an
// error.
func Manifest(dir, topic string) ([]stream.Loaded, error) {
	folder := filepath.Join(dir, "_manifest")
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []stream.Loaded
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		var l stream.Loaded
		if err := json.Unmarshal(b, &l); err != nil {
			return nil, fmt.Errorf("manifest %s: %w", e.Name(), err)
		}
		if topic == "" || l.Topic == topic {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b stream.Loaded) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.From, b.From))
	})
	for i := 1; i < len(out); i++ {
		if a, b := out[i-1], out[i]; a.Topic == b.Topic && a.Partition == b.Partition && b.From < a.To {
			return nil, fmt.Errorf("manifest: %s and %s overlap", a.Object, b.Object)
		}
	}
	return out, nil
}

// Replay calls row for every published row of a masked topic, partition after
// partition, in offset order. Columns holds every column by its true name, nil
// where it is null, in a form that marshals to what the envelope held: integers
// as int64, floats as float64 (NaN and infinities as strings), JSON as
// json.RawMessage, arrays as []any, everything else as string. What the source
// left out as unchanged is null and named in the column _lethe_unchanged.
func Replay(dir, topic string, row func(partition int32, offset int64, op, key, seq string, columns map[string]any) error) error {
	list, err := Manifest(dir, topic)
	if err != nil {
		return err
	}
	for _, l := range list {
		if err := object(dir, l, row); err != nil {
			return fmt.Errorf("object %s: %w", l.Object, err)
		}
	}
	return nil
}

type rowFunc = func(int32, int64, string, string, string, map[string]any) error

func object(dir string, l stream.Loaded, row rowFunc) error {
	if filepath.Base(l.Object) != l.Object {
		return errors.New("not the name of an object")
	}
	b, err := os.ReadFile(filepath.Join(dir, l.Object))
	if err != nil {
		return err
	}
	if sha256.Sum256(b) != l.SHA256 {
		return errors.New("its SHA-256 is not what the manifest says")
	}
	r, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer r.Close()
	if r.NumRows() != int64(l.Rows) {
		return fmt.Errorf("%d rows, the manifest says %d", r.NumRows(), l.Rows)
	}
	var pairs [][2]string
	if list := r.MetaData().KeyValueMetadata().FindValue("lethe-columns"); list == nil {
		return errors.New("no lethe-columns in its footer")
	} else if err := json.Unmarshal([]byte(*list), &pairs); err != nil {
		return fmt.Errorf("lethe-columns: %w", err)
	}
	if len(pairs) != r.MetaData().Schema.NumColumns() {
		return fmt.Errorf("%d columns, its footer lists %d", r.MetaData().Schema.NumColumns(), len(pairs))
	}
	for g := range r.NumRowGroups() {
		if err := group(r.RowGroup(g), pairs, row); err != nil {
			return err
		}
	}
	return nil
}

// group gives the rows of a row group.
func group(g *file.RowGroupReader, pairs [][2]string, row rowFunc) error {
	n := int(g.NumRows())
	columns := make([][]any, len(pairs))
	for i, p := range pairs {
		typ, err := stream.ParseType(p[1])
		if err != nil {
			return fmt.Errorf("column %q: %w", p[0], err)
		}
		chunk, err := g.Column(i)
		if err != nil {
			return fmt.Errorf("column %q: %w", p[0], err)
		}
		if columns[i], err = read(chunk, typ); err != nil {
			return fmt.Errorf("column %q: %w", p[0], err)
		}
		if len(columns[i]) != n {
			return fmt.Errorf("column %q: %d rows of %d", p[0], len(columns[i]), n)
		}
	}
	for i := range n {
		values := make(map[string]any, len(pairs))
		for c, p := range pairs {
			values[p[0]] = columns[c][i]
		}
		op, _ := values["_lethe_op"].(string)
		key, _ := values["_lethe_key"].(string)
		seq, _ := values["_lethe_seq"].(string)
		partition, _ := values["_lethe_partition"].(int64)
		offset, ok := values["_lethe_offset"].(int64)
		if !ok {
			return errors.New("a row without _lethe_offset")
		}
		for _, name := range []string{"_lethe_op", "_lethe_key", "_lethe_seq", "_lethe_partition", "_lethe_offset"} {
			delete(values, name)
		}
		if err := row(int32(partition), offset, op, key, seq, values); err != nil {
			return err
		}
	}
	return nil
}
