package parquet

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lethe/stream"
)

const (
	manifestDir = "_manifest" // lists what readers may read
	tempSuffix  = ".tmp"
)

// errTaken says that a name is given to other bytes.
var errTaken = errors.New("the name is taken by other bytes")

// store is a directory whose files are created once and never change.
type store struct{ dir string }

// create makes a file of that name below the store durable: a temporary file is
// written and synced, linked to its name, which fails if the name is taken, and
// the directory is synced. A file that has the name and the same bytes is
// adopted, and synced for the owner who perhaps could not.
func (s store) create(name string, data []byte) error {
	path := filepath.Join(s.dir, name)
	dir := filepath.Dir(path)
	adopted, err := adopt(path, data)
	if err != nil || adopted {
		return err
	}
	if err := makeDir(dir); err != nil {
		return err
	}
	temp, err := writeTemp(dir, filepath.Base(path), data)
	if temp != "" {
		defer os.Remove(temp)
	}
	if err != nil {
		return err
	}
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		_, err = adopt(path, data)
	}
	if err != nil {
		return err
	}
	return syncPath(dir)
}

// adopt reports whether the file at path is there and holds data, and makes
// sure that it is durable. It returns errTaken if it holds anything else.
func adopt(path string, data []byte) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() || info.Size() != int64(len(data)) {
		return false, fmt.Errorf("%s: %w", path, errTaken)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(got, data) {
		return false, fmt.Errorf("%s: %w", path, errTaken)
	}
	if err := syncPath(path); err != nil {
		return false, err
	}
	return true, syncPath(filepath.Dir(path))
}

// writeTemp writes a new synced file whose name begins with a dot. It returns
// the file's path even after an error, if there is one to remove.
func writeTemp(dir, name string, data []byte) (string, error) {
	// An object's name may be as long as a name can be; how a temporary one
	// ends does not matter.
	name = "." + name[:min(len(name), maxName-32)] + "-" + rand.Text() + tempSuffix
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	return path, errors.Join(err, f.Close())
}

// makeDir makes dir and its missing parents durable.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncPath(parent)
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
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

// sweep removes temporary files of a partition.
func (s store) sweep(topic string, partition int32) error {
	prefix := fmt.Sprintf(".%s-%d-", topic, partition)
	for _, dir := range []string{".", manifestDir} {
		names, err := s.list(dir, prefix)
		if err != nil {
			return err
		}
		for _, n := range names {
			if !strings.HasSuffix(n, tempSuffix) {
				continue
			}
			if err := os.Remove(filepath.Join(s.dir, dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func manifestName(topic string, partition int32, from int64) string {
	return filepath.Join(manifestDir, stem(topic, partition, from)+".json")
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
	if _, err := os.Stat(filepath.Join(s.dir, l.Object)); err != nil {
		return err
	}
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	err = s.create(manifestName(l.Topic, l.Partition, int64(l.From)), append(b, '\n'))
	if errors.Is(err, errTaken) {
		return fmt.Errorf("%w: %w", err, stream.ErrConflict)
	}
	return err
}
