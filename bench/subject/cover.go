package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lethe/masking/keyring/file"
	"lethe/masking/subject"
)

// period is the retention period whose keys are measured.
const period = "7y"

// cover is a cover on disk beside its keyring, and who is erased next.
type cover struct {
	*subject.Store
	config  subject.Config
	dir     string // of the cover
	keyring *file.Keyring
	persons *rand.ChaCha8 // digests are as good as random
	shreds  uint64
}

func newCover(ctx context.Context, dir string) (*cover, error) {
	c := &cover{dir: filepath.Join(dir, "cover"), persons: rand.NewChaCha8([32]byte{9})}
	if err := file.Create(filepath.Join(dir, "keys")); err != nil {
		return nil, err
	}
	var err error
	if c.keyring, err = file.Open(filepath.Join(dir, "keys")); err != nil {
		return nil, err
	}
	pages, roots, err := file.SubjectDirs(c.dir, filepath.Join(dir, "roots"))
	if err != nil {
		return nil, err
	}
	began := time.Now()
	c.config = subject.Config{Cover: pages, Roots: roots, Keyring: c.keyring, Clock: func() time.Duration { return time.Since(began) }}
	if err := subject.Create(ctx, c.config); err != nil {
		return nil, err
	}
	if c.Store, err = subject.Open(c.config); err != nil {
		return nil, err
	}
	return c, c.Begin(ctx, period)
}

// erase punctures n persons in one step, and says how long that took.
func (c *cover) erase(ctx context.Context, n int) (time.Duration, error) {
	digests := make([]subject.Digest, n)
	for i := range digests {
		c.persons.Read(digests[i][:])
	}
	c.shreds += uint64(n)
	began := time.Now()
	err := c.Puncture(ctx, c.shreds, digests)
	return time.Since(began), err
}

// size is how many bytes the cover has on disk.
func (c *cover) size() (sum int64, err error) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return 0, fmt.Errorf("cover: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return 0, fmt.Errorf("cover: %w", err)
		}
		sum += info.Size()
	}
	return sum, nil
}

// last is how many batches, of those with the most persons erased before, count for
// what a batch takes: every so often one of them writes the whole cover anew.
const last = 100

// fill erases n persons in batches.
func (c *cover) fill(ctx context.Context, f *figure, batch int, progress io.Writer) error {
	var took []time.Duration
	for done := 0; done < f.Erased; done += batch {
		d, err := c.erase(ctx, min(batch, f.Erased-done))
		if err != nil {
			return err
		}
		f.All += d
		took = append(took, d)
		size, err := c.size()
		if err != nil {
			return err
		}
		f.Most = max(f.Most, size)
		if len(took)%100 == 0 {
			fmt.Fprintf(progress, "%d erased in %v, %d MB\n", done+batch, f.All.Round(time.Second), size/1e6)
		}
	}
	took = took[max(0, len(took)-last):]
	for _, d := range took {
		f.Batch += d / time.Duration(len(took))
	}
	return nil
}

// end begins a retention period and ends it: what is left of the cover is stored anew,
// in files of its own. It says how long that took, and how many bytes are left.
func (c *cover) end(ctx context.Context) (took time.Duration, used int64, err error) {
	if err := c.Begin(ctx, "30d"); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := c.End(ctx, "30d"); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	used, err = c.size()
	return took, used, err
}

// alone erases n persons one by one, and gives the median.
func (c *cover) alone(ctx context.Context, n int) (time.Duration, error) {
	var took []time.Duration
	for range n {
		d, err := c.erase(ctx, 1)
		if err != nil {
			return 0, err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	return took[n/2], nil
}
