// Package mirror copies an audit log to S3 under object lock, where nobody can change
// or delete it before its time, whoever holds the operator's keys.
//
// Its words are C2SP's (tile, bundle, checkpoint) and S3's (bucket, object lock,
// retention, version). Full tiles and bundles are written once each. The checkpoint is
// one object of many versions, each locked: a log that was rolled back or begun anew
// no longer extends what lies there, and is not copied any further. What it does not
// copy are partial tiles of a shard that grows: of the entries behind the last full bundle
// it holds the checkpoint alone.
//
// Promise: L4 provable: it copies only what the log's checkpoint covers, in an order in
// which a checkpoint comes after the full tiles that it is over, and believes in no
// lock that it has not read back.
package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/sync/errgroup"

	"lethe/audit"
	"lethe/stream"
)

// Errors of a mirror.
var (
	// ErrUnlocked says that the bucket, or what was written, is not under object lock.
	ErrUnlocked = errors.New("not under object lock")
	// ErrDiffers says that the mirror holds something else than the log: one of the two
	// was changed, rolled back or begun anew.
	ErrDiffers = errors.New("the mirror holds something else than the log")
)

// Config says what is copied, and whither.
type Config struct {
	Endpoint  string // URL of the S3 service
	Region    string
	Bucket    string
	Prefix    string // of the objects' names; "" for none
	AccessKey string
	SecretKey stream.Value
	// Retain is how long an object cannot be changed or deleted after it was written.
	Retain time.Duration
	// Governance lets who has the service's own permission for it lift a lock. Without it
	// nobody can.
	Governance bool
	Now        func() time.Time
}

// Status is how far a mirror is.
type Status struct {
	Entries int64     // in full bundles there
	Size    int64     // of the newest checkpoint there
	At      time.Time // when that was written by this process; zero if it was not
}

// Mirror is a mirror of one shard of a log. One goroutine uses it.
type Mirror struct {
	cfg    Config
	client *minio.Client
	next   map[int]int64 // full tiles there, by level
	last   []byte        // newest checkpoint there
	whole  bool          // and the end of a closed shard
	status Status
}

const (
	lanes       = 8 // uploads at a time
	bundles     = -1
	contentType = "application/octet-stream"
)

// Open reaches the bucket and finds how far the mirror is. A bucket without object
// lock is an error wrapping [ErrUnlocked].
func Open(ctx context.Context, cfg Config) (*Mirror, error) {
	host, secure := strings.CutPrefix(cfg.Endpoint, "https://")
	if !secure {
		host = strings.TrimPrefix(host, "http://")
	}
	client, err := minio.New(strings.TrimSuffix(host, "/"), &minio.Options{Secure: secure, Region: cfg.Region,
		Creds: credentials.NewStaticV4(cfg.AccessKey, string(cfg.SecretKey.Reveal()), ""), BucketLookup: minio.BucketLookupPath})
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	m := &Mirror{cfg: cfg, client: client, next: make(map[int]int64)}
	if locked, _, _, _, err := client.GetObjectLockConfig(ctx, cfg.Bucket); err != nil || locked != "Enabled" {
		if err == nil || minio.ToErrorResponse(err).Code == "ObjectLockConfigurationNotFoundError" {
			err = ErrUnlocked
		}
		return nil, fmt.Errorf("mirror: bucket %s: %w", cfg.Bucket, err)
	}
	if m.last, err = m.read(ctx, layout.CheckpointPath); err != nil {
		return nil, err
	}
	if m.last != nil {
		_, at, err := audit.ReadCheckpoint(m.last)
		if err != nil {
			return nil, fmt.Errorf("mirror: %w", err)
		}
		m.status.Size = at.N
	}
	return m, nil
}

// Status says how far the mirror is.
func (m *Mirror) Status() Status { return m.status }

// Newest is the newest checkpoint that the mirror holds; nil for none.
func (m *Mirror) Newest() []byte { return m.last }

// Sync copies what the checkpoint covers that a shard was read at, and the mirror lacks,
// and then the checkpoint. Before anything is written the shard must extend the checkpoint
// that is there. What was there before and is not what the log has is an error wrapping
// [ErrDiffers]. Of a closed shard the partial tiles and the partial bundle at its end are
// copied, too: they are the last that there will be.
func (m *Mirror) Sync(ctx context.Context, s *audit.Shard) error {
	checkpoint, size := s.Checkpoint(), s.Size
	if bytes.Equal(checkpoint, m.last) && m.whole == s.Closed {
		return nil
	}
	if m.last != nil {
		if _, err := s.Extends(m.last); err != nil {
			return fmt.Errorf("mirror: checkpoint of %d entries: %w: %w", m.status.Size, ErrDiffers, err)
		}
	}
	entries := size
	if !s.Closed {
		entries -= size % layout.EntryBundleWidth
	}
	if err := m.tiles(ctx, s, bundles, size); err != nil {
		return err
	}
	for level, n := 0, size; n > 0; level, n = level+1, n/layout.TileWidth {
		if err := m.tiles(ctx, s, level, n); err != nil {
			return err
		}
	}
	if !bytes.Equal(checkpoint, m.last) {
		if err := m.write(ctx, layout.CheckpointPath, checkpoint); err != nil {
			return err
		}
	}
	m.last, m.whole = checkpoint, s.Closed
	m.status = Status{Entries: entries, Size: size, At: m.cfg.Now()}
	return nil
}

// tiles copies the full tiles over n hashes of a level, and of a closed shard the partial
// one behind them.
func (m *Mirror) tiles(ctx context.Context, s *audit.Shard, level int, n int64) error {
	copied := func(ctx context.Context, name string) error {
		local, err := os.ReadFile(filepath.Join(s.Dir, name))
		if err != nil {
			return fmt.Errorf("mirror: %w", err)
		}
		return m.once(ctx, name, local)
	}
	partial := uint8(n % layout.TileWidth)
	n /= layout.TileWidth
	from, known := m.next[level]
	if !known {
		var err error
		if from, err = m.found(ctx, level, n); err != nil {
			return err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(lanes)
	for i := from; i < n; i++ { // L4: a checkpoint comes after the full tiles that it is over
		g.Go(func() error { return copied(gctx, tileName(level, i, 0)) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	m.next[level] = n
	if s.Closed && partial > 0 {
		return copied(ctx, tileName(level, n, partial))
	}
	return nil
}

// found is how many of the first n tiles of a level are there. They are written in
// order but for the last few, which are looked at again.
func (m *Mirror) found(ctx context.Context, level int, n int64) (int64, error) {
	var failed error
	there := sort.Search(int(n), func(i int) bool {
		_, err := m.client.StatObject(ctx, m.cfg.Bucket, m.object(tileName(level, int64(i), 0)), minio.StatObjectOptions{})
		if err != nil && !absent(err) {
			failed = errors.Join(failed, err)
		}
		return err != nil
	})
	if failed != nil {
		return 0, fmt.Errorf("mirror: %w", failed)
	}
	return max(0, int64(there)-lanes), nil
}

// once writes an object unless it is there already, as it should be.
func (m *Mirror) once(ctx context.Context, name string, local []byte) error {
	there, err := m.read(ctx, name)
	switch {
	case err != nil:
		return err
	case there == nil:
		return m.write(ctx, name, local)
	case !bytes.Equal(there, local):
		return fmt.Errorf("mirror: %s: %w", name, ErrDiffers)
	}
	return nil
}

// read gives an object's newest version; nil if there is none.
func (m *Mirror) read(ctx context.Context, name string) ([]byte, error) {
	o, err := m.client.GetObject(ctx, m.cfg.Bucket, m.object(name), minio.GetObjectOptions{})
	if err == nil {
		defer o.Close()
		var raw []byte
		if raw, err = io.ReadAll(io.LimitReader(o, largest+1)); err == nil && len(raw) <= largest {
			return raw, nil
		}
	}
	if absent(err) {
		return nil, nil
	}
	return nil, fmt.Errorf("mirror: %s: %w", name, err)
}

// largest is more than any bundle or checkpoint has: 256 entries of 64 KiB.
const largest = 17 << 20

// write puts an object under lock, and reads the lock back: a service may take an
// object and leave the lock.
func (m *Mirror) write(ctx context.Context, name string, b []byte) error {
	mode, until := minio.Compliance, m.cfg.Now().UTC().Add(m.cfg.Retain).Truncate(time.Second)
	if m.cfg.Governance {
		mode = minio.Governance
	}
	sum := sha256.Sum256(b)
	info, err := m.client.PutObject(ctx, m.cfg.Bucket, m.object(name), bytes.NewReader(b), int64(len(b)), minio.PutObjectOptions{
		ContentType: contentType, Mode: mode, RetainUntilDate: until, SendContentMd5: true,
		UserMetadata: map[string]string{"sha256": fmt.Sprintf("%x", sum)}})
	if err != nil {
		return fmt.Errorf("mirror: %s: %w", name, err)
	}
	there, err := m.client.StatObject(ctx, m.cfg.Bucket, m.object(name), minio.StatObjectOptions{VersionID: info.VersionID})
	if err != nil {
		return fmt.Errorf("mirror: %s: read its lock back: %w", name, err)
	}
	at, err := time.Parse(time.RFC3339, there.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	if there.Metadata.Get("X-Amz-Object-Lock-Mode") != string(mode) || err != nil || at.Before(until) {
		return fmt.Errorf("mirror: %s: %w", name, ErrUnlocked)
	}
	return nil
}

func (m *Mirror) object(name string) string { return path.Join(m.cfg.Prefix, name) }

func absent(err error) bool {
	r := minio.ToErrorResponse(err)
	return r.Code == "NoSuchKey" || r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket"
}

// tileName is the path of a tile, or bundle, of so many hashes; 0 for a full one.
func tileName(level int, n int64, partial uint8) string {
	if level == bundles {
		return layout.EntriesPath(uint64(n), partial)
	}
	return layout.TilePath(uint64(level), uint64(n), partial)
}
