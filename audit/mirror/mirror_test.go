package mirror_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"lethe/audit"
	"lethe/audit/audittest"
	"lethe/audit/mirror"
	"lethe/stream"
)

const access, secret = "lethe", "lethe-test-secret"

// service starts an S3 server and gives its URL and a client of its own.
func service(t *testing.T) (string, *minio.Client) {
	t.Helper()
	bin := os.Getenv("LETHE_TEST_VERSITYGW")
	switch {
	case bin == "" && os.Getenv("CI") != "":
		t.Fatal("LETHE_TEST_VERSITYGW names no server")
	case bin == "":
		t.Skip("LETHE_TEST_VERSITYGW names no server: ./test.sh installs one")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	data, versions := filepath.Join(dir, "data"), filepath.Join(dir, "versions")
	for _, d := range []string{data, versions} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bin, "--access", access, "--secret", secret, "--port", addr, "posix", "--versioning-dir", versions, data)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	client, err := minio.New(addr, &minio.Options{Creds: credentials.NewStaticV4(access, secret, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err = client.ListBuckets(t.Context()); err == nil {
			return "http://" + addr, client
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(err)
	return "", nil
}

// bucket makes one.
func bucket(t *testing.T, c *minio.Client, name string, locked bool) string {
	t.Helper()
	if err := c.MakeBucket(t.Context(), name, minio.MakeBucketOptions{ObjectLocking: locked}); err != nil {
		t.Fatal(err)
	}
	return name
}

// log is an audit log that a test lets grow.
type log struct {
	t         *testing.T
	dir, skey string
	topic     audittest.Topic
	reader    *audit.Reader
}

func newLog(t *testing.T, skey string) *log { return &log{t: t, dir: t.TempDir(), skey: skey} }

// grow appends entries.
func (l *log) grow(entries int64, text string) {
	l.t.Helper()
	l.topic = l.topic.Grow(entries, text)
	if l.reader = l.topic.Log(l.t, l.dir, l.skey); l.reader.Size() != int64(len(l.topic)) {
		l.t.Fatalf("log of %d, want %d", l.reader.Size(), len(l.topic))
	}
}

func (l *log) config(endpoint, bucket string) mirror.Config {
	return mirror.Config{Endpoint: endpoint, Region: "us-east-1", Bucket: bucket, Prefix: "shop/log", AccessKey: access,
		SecretKey: stream.NewValue([]byte(secret)), Retain: time.Hour, Now: time.Now}
}

func (l *log) sync(m *mirror.Mirror) error {
	return m.Sync(l.t.Context(), l.reader.Head())
}

func key(t *testing.T) string {
	t.Helper()
	skey, _, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	return skey
}

func TestL4WhatIsMirroredCannotBeDeletedAndGoesOn(t *testing.T) {
	endpoint, client := service(t)
	l, b := newLog(t, key(t)), bucket(t, client, "locked", true)
	m, err := mirror.Open(t.Context(), l.config(endpoint, b))
	if err != nil {
		t.Fatal(err)
	}
	l.grow(600, "a")
	if err := l.sync(m); err != nil {
		t.Fatal(err)
	}
	// A mirror that is opened again, such as by another machine, goes on.
	if m, err = mirror.Open(t.Context(), l.config(endpoint, b)); err != nil {
		t.Fatal(err)
	}
	l.grow(500, "b")
	if err := l.sync(m); err != nil {
		t.Fatal(err)
	}
	if s := m.Status(); s.Entries != 1024 || s.Size != 1100 {
		t.Errorf("%+v", s)
	}
	objects := map[string]int{}
	for o := range client.ListObjects(t.Context(), b, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		objects[o.Key]++
		if err := client.RemoveObject(t.Context(), b, o.Key, minio.RemoveObjectOptions{VersionID: o.VersionID, GovernanceBypass: true}); err == nil {
			t.Errorf("%s could be deleted", o.Key)
		}
	}
	want := map[string]int{"shop/log/checkpoint": 2}
	for i := range 4 {
		want[fmt.Sprintf("shop/log/tile/entries/%03d", i)], want[fmt.Sprintf("shop/log/tile/0/%03d", i)] = 1, 1
	}
	if fmt.Sprint(objects) != fmt.Sprint(want) {
		t.Errorf("objects %v, want %v", objects, want)
	}
}

func TestL4AMirrorIsNotOverwrittenByALogThatWasBegunAnewOrRolledBack(t *testing.T) {
	endpoint, client := service(t)
	b, skey := bucket(t, client, "locked", true), key(t)
	l := newLog(t, skey)
	l.grow(600, "a")
	m, err := mirror.Open(t.Context(), l.config(endpoint, b))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.sync(m); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int64{"anew": 700, "rolled back": 300} {
		// The same key, and a signature that is good.
		other := newLog(t, skey)
		other.grow(n, name)
		m, err := mirror.Open(t.Context(), other.config(endpoint, b))
		if err != nil {
			t.Fatal(err)
		}
		if err := other.sync(m); !errors.Is(err, mirror.ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again, err := mirror.Open(t.Context(), l.config(endpoint, b)); err != nil || string(again.Newest()) != string(l.reader.Checkpoint()) {
		t.Errorf("another checkpoint is there: %v", err)
	}
}

func TestL4ALockThatCannotBeReadBackIsNone(t *testing.T) {
	endpoint, client := service(t)
	l := newLog(t, key(t))
	l.grow(300, "a")
	if _, err := mirror.Open(t.Context(), l.config(endpoint, bucket(t, client, "open", false))); !errors.Is(err, mirror.ErrUnlocked) {
		t.Errorf("bucket without locks: %v", err)
	}
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	// A service that takes objects and leaves the locks.
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("X-Amz-Object-Lock-Mode")
			return nil
		}})
	defer proxy.Close()
	m, err := mirror.Open(t.Context(), l.config(proxy.URL, bucket(t, client, "locked", true)))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.sync(m); !errors.Is(err, mirror.ErrUnlocked) || m.Status().Size != 0 {
		t.Errorf("%v, %+v", err, m.Status())
	}
}
