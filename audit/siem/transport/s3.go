package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"lethe/audit/siem"
	"lethe/stream"
)

// S3 writes events as objects, a line each, compressed with gzip: PREFIX/2026/01/31/<first
// leaf>-<last leaf>-<hash>.jsonl.gz, the day that of the first event. The hash is of the
// events' ids, so a batch that is written again is the same object. It counts as sent
// once the service has taken the object.
type S3 struct {
	URL       string        `yaml:"url,required"` // s3://bucket/prefix
	Endpoint  string        `yaml:"endpoint,required"`
	Region    string        `yaml:"s3_region"`
	AccessKey string        `yaml:"access_key,required"`
	SecretKey stream.Value  `yaml:"secret_key,required"`
	Every     time.Duration `yaml:"every"`
}

// Check implements Settings.
func (s *S3) Check(fault func(key, msg, hint string)) {
	if bucket, _ := s.bucket(); bucket == "" && s.URL != "" {
		fault("url", "this is no bucket", "write url: s3://BUCKET/PREFIX")
	}
	checkEndpoint(s.Endpoint, fault)
	checkEvery(s.Every, fault)
}

func checkEndpoint(raw string, fault func(key, msg, hint string)) {
	checkURL(raw, "https://s3.ap-southeast-1.amazonaws.com", func(_, msg, hint string) {
		fault("endpoint", msg, strings.Replace(hint, "write url:", "write endpoint:", 1))
	})
}

func checkEvery(d time.Duration, fault func(key, msg, hint string)) {
	if d < time.Second || d > 24*time.Hour {
		fault("every", "this is not between a second and a day", "write every: 1m")
	}
}

func (s *S3) bucket() (bucket, prefix string) {
	rest, ok := strings.CutPrefix(s.URL, "s3://")
	if !ok {
		return "", ""
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, prefix
}

// Paths implements Settings.
func (s *S3) Paths() []*string { return nil }

// Pace implements Paced.
func (s *S3) Pace() (time.Duration, int, int) { return s.Every, 20_000, 16 << 20 }

// Open implements Settings.
func (s *S3) Open(env siem.Env) (siem.Transport, error) {
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		return nil, errors.New("s3: the endpoint cannot be used")
	}
	cl, err := minio.New(u.Host, &minio.Options{Secure: u.Scheme == "https", Region: s.Region,
		Creds: credentials.NewStaticV4(s.AccessKey, string(s.SecretKey.Reveal()), "")})
	t := &s3{cl: cl, ext: ".log.gz"}
	t.bucket, t.prefix = s.bucket()
	if env.Format.JSON {
		t.ext = ".jsonl.gz"
	}
	return t, err
}

type s3 struct {
	cl                  *minio.Client
	bucket, prefix, ext string
	zip                 zip
	buf                 []byte
}

// Send implements siem.Transport.
func (t *s3) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	t.buf = lines(t.buf[:0], batch)
	first, last := batch[0].Event, batch[len(batch)-1].Event
	name := path.Join(t.prefix, first.Time.UTC().Format("2006/01/02"), fmt.Sprintf("%012d-%012d-%s%s", max(0, first.Log.Index), max(0, last.Log.Index), batchID(batch)[:16], t.ext))
	body := t.zip.bytes(t.buf)
	_, err := t.cl.PutObject(ctx, t.bucket, name, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{ContentType: "application/gzip", DisableMultipart: true})
	if err != nil {
		// L7: an error of the service may repeat what it was sent.
		if code := minio.ToErrorResponse(err).Code; code != "" {
			return siem.Sent{}, fmt.Errorf("s3: the service answered %s", plainCode(code))
		}
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err
		}
		return siem.Sent{}, fmt.Errorf("s3: %w", err)
	}
	return siem.Sent{}, nil
}

// plainCode is a code of a service in letters that a log can show.
func plainCode(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' {
			return r
		}
		return '?'
	}, s[:min(len(s), 64)])
}

// Close implements siem.Transport.
func (t *s3) Close(context.Context) error { return nil }
