package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lethe/stream"
	"lethe/stream/disk"
)

// manifestDir lists what readers may read.
const manifestDir = "_manifest"

// store is a directory whose files are created once and never change.
type store struct{ dir string }

// fileMode is that of everything in a lake: readers are other users.
const fileMode = 0o644

// create makes a file of that name below the store durable; an error wraps
// disk.ErrTaken if the name is given to other bytes.
func (s store) create(name string, data []byte) error {
	return disk.Ensure(filepath.Join(s.dir, name), data, fileMode)
}

// list returns the names in a directory of the store that begin with prefix.
func (s store) list(dir, prefix string) ([]string, error) {
	d, err := os.Open(filepath.Join(s.dir, dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	all, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range all {
		if strings.HasPrefix(n, prefix) {
			out = append(out, n)
		}
	}
	return out, nil
}

// sweep removes temporary files of a partition, and those of the topic's columns
// that came too late for their name.
func (s store) sweep(topic string, partition int32) error {
	for dir, prefix := range map[string]string{".": stem(topic, partition), manifestDir: stem(topic, partition), columnsDir: topic} {
		prefix = "." + prefix + "-"
		names, err := s.list(dir, prefix)
		if err != nil {
			return err
		}
		for _, n := range names {
			if !strings.HasSuffix(n, disk.TempSuffix) {
				continue
			}
			if dir == columnsDir {
				number, _, _ := strings.Cut(n[len(prefix):], "-")
				if _, err := os.Lstat(filepath.Join(s.dir, dir, topic+"-"+number)); err != nil {
					continue // another partition's owner may be writing it now
				}
			}
			if err := os.Remove(filepath.Join(s.dir, dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func manifestName(topic string, partition int32, from int64) string {
	return filepath.Join(manifestDir, fmt.Sprintf("%s-%d.json", stem(topic, partition), from))
}

// manifest reads the manifest of a position; fs.ErrNotExist if there is none.
func (s store) manifest(topic string, partition int32, from int64) (stream.Loaded, error) {
	name := manifestName(topic, partition, from)
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return stream.Loaded{}, err
	}
	var l stream.Loaded
	if err := json.Unmarshal(b, &l); err != nil {
		return stream.Loaded{}, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// publish writes the manifest of l. Readers see its object from then on.
func (s store) publish(l stream.Loaded) error {
	if _, err := generationOf(l.Topic); err != nil {
		return err
	}
	if l.Object == "" || filepath.Base(l.Object) != l.Object {
		return errors.New("not the name of an object")
	}
	_, err := os.Stat(filepath.Join(s.dir, l.Object))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &stream.Fault{Code: "parquet.object_gone", Path: filepath.Join(s.dir, l.Object), Exit: stream.ExitEnvironment, Final: true,
			Msg:  "this object was loaded, and the log vouches for it, but it is in the lake no more",
			Hint: "restore the lake from its backup, or mount it;\nor begin anew: name source and connection anew in lethe.yaml, and give the sink a new url"}
	case err != nil:
		return err
	}
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	err = s.create(manifestName(l.Topic, l.Partition, int64(l.From)), append(b, '\n'))
	if errors.Is(err, disk.ErrTaken) {
		return fmt.Errorf("%w: %w", err, stream.ErrConflict)
	}
	return err
}
