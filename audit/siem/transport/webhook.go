package transport

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"lethe/audit/siem"
	"lethe/stream"
)

// Webhook posts a batch, a line for each event (JSON Lines where events are JSON). The
// header Lethe-Signature is `t=<unix seconds>,v1=<hex>`: HMAC-SHA-256 of the seconds, a
// dot and the body under the secret, by which the receiver knows who sent it and when.
// Any answer of 2xx says that the receiver has the batch; Lethe-Batch is the same for
// the same events.
type Webhook struct {
	URL    string       `yaml:"url,required"`
	Secret stream.Value `yaml:"secret,required"`
	CA     string       `yaml:"ca"`
}

// Check implements Settings.
func (w *Webhook) Check(fault func(key, msg, hint string)) {
	checkURL(w.URL, "https://soc.internal/lethe", fault)
	if n := len(w.Secret.Reveal()); n > 0 && n < 16 {
		fault("secret", "the secret is shorter than 16 characters", "openssl rand -hex 32 makes one")
	}
}

// Paths implements Settings.
func (w *Webhook) Paths() []*string { return []*string{&w.CA} }

// Open implements Settings.
func (w *Webhook) Open(env siem.Env) (siem.Transport, error) {
	c, err := newClient("webhook", w.CA)
	typ := env.Format.ContentType
	if env.Format.JSON {
		typ = "application/x-ndjson"
	}
	return &webhook{Webhook: *w, client: c, now: env.Now, typ: typ}, err
}

type webhook struct {
	Webhook
	client *client
	now    func() time.Time
	typ    string
	buf    []byte
}

// Send implements siem.Transport.
func (t *webhook) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	t.buf = lines(t.buf[:0], batch)
	at := strconv.FormatInt(t.now().Unix(), 10)
	m := hmac.New(sha256.New, t.Secret.Reveal())
	m.Write([]byte(at + "."))
	m.Write(t.buf)
	a, err := t.client.do(ctx, "POST", t.URL, map[string]string{"Content-Type": t.typ, "Lethe-Batch": batchID(batch)[:32],
		"Lethe-Signature": "t=" + at + ",v1=" + hex.EncodeToString(m.Sum(nil))}, t.buf)
	if err == nil && !a.ok() {
		err = t.client.refused(a)
	}
	return siem.Sent{}, err
}

// Close implements siem.Transport.
func (t *webhook) Close(context.Context) error { t.client.close(); return nil }
