package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"

	"lethe/audit/siem"
)

// largestAnswer is how much of an answer is read.
const largestAnswer = 8 << 20

// client speaks HTTP to one receiver. It follows no redirect: a token goes to who was
// named.
type client struct {
	http *http.Client
	what string // for errors
}

func newClient(what, ca string) (*client, error) {
	conf, err := clientTLS(ca, "", "")
	if err != nil {
		return nil, err
	}
	return &client{what: what, http: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: conf, Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// answer is what a receiver answered.
type answer struct {
	status int
	body   []byte
	later  time.Duration // that it asks to wait; 0 if it does not
}

// do sends a request. Only what kept an answer from coming is an error (L7: an error of
// net/http names the URL, which may hold a secret, so its cause alone is told).
func (c *client) do(ctx context.Context, method, to string, header map[string]string, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("%s: the URL cannot be used", c.what)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err
		}
		return answer{}, fmt.Errorf("%s: %w", c.what, err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		a.later = time.Duration(min(s, 3600)) * time.Second
	}
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, largestAnswer)); err != nil {
		return answer{}, fmt.Errorf("%s: answer: %w", c.what, err)
	}
	return a, nil
}

// refused is the error of an answer that is no success.
func (c *client) refused(a answer) error {
	err := fmt.Errorf("%s: the receiver answered %d %s", c.what, a.status, http.StatusText(a.status))
	if a.later > 0 {
		return &siem.Later{Err: err, After: a.later}
	}
	return err
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

func (c *client) close() { c.http.CloseIdleConnections() }

// zip compresses bodies, one after the other.
type zip struct {
	to *gzip.Writer
	in bytes.Buffer
}

func (z *zip) bytes(body []byte) []byte {
	z.in.Reset()
	if z.to == nil {
		z.to, _ = gzip.NewWriterLevel(&z.in, gzip.BestSpeed) // a level that there is
	}
	z.to.Reset(&z.in)
	z.to.Write(body) // into memory: it cannot fail
	z.to.Close()
	return z.in.Bytes()
}
