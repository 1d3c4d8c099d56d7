package transport

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lethe/audit/siem"
	"lethe/stream"
)

// HEC sends events to Splunk's HTTP Event Collector. With acknowledgement a batch
// counts as sent once the indexer says that it is indexed; without, once the collector
// has taken it, which a collector that is killed may lose. The event's id is an indexed
// field (lethe_id): `| dedup lethe_id` leaves out what came twice.
type HEC struct {
	URL        string       `yaml:"url,required"` // https://splunk:8088
	Token      stream.Value `yaml:"token,required"`
	Index      string       `yaml:"index"`
	SourceType string       `yaml:"sourcetype"`
	Host       string       `yaml:"host"`
	Ack        bool         `yaml:"ack"`
	CA         string       `yaml:"ca"`
}

// Check implements Settings.
func (h *HEC) Check(fault func(key, msg, hint string)) {
	checkURL(h.URL, "https://splunk.internal:8088", fault)
}

// Paths implements Settings.
func (h *HEC) Paths() []*string { return []*string{&h.CA} }

// Open implements Settings.
func (h *HEC) Open(env siem.Env) (siem.Transport, error) {
	c, err := newClient("hec", h.CA)
	if err != nil {
		return nil, err
	}
	id := make([]byte, 16)
	rand.Read(id)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562, version 4
	t := &hec{HEC: *h, client: c, json: env.Format.JSON, channel: fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])}
	t.URL = strings.TrimSuffix(t.URL, "/")
	if t.Host == "" {
		t.Host = env.Origin
	}
	return t, nil
}

type hec struct {
	HEC
	client  *client
	zip     zip
	json    bool
	channel string
	buf     []byte
}

// ackEvery is how often a collector is asked whether a batch is indexed.
const ackEvery = 100 * time.Millisecond

// Send implements siem.Transport.
func (t *hec) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	t.buf = t.buf[:0]
	for _, i := range batch {
		t.add(i)
	}
	a, err := t.post(ctx, "/services/collector/event", t.zip.bytes(t.buf), true)
	if err != nil {
		return siem.Sent{}, err
	}
	if !a.ok() {
		return siem.Sent{}, t.client.refused(a)
	}
	var said struct {
		Code  int    `json:"code"`
		AckID *int64 `json:"ackId"`
	}
	if err := json.Unmarshal(a.body, &said); err != nil || said.Code != 0 {
		return siem.Sent{}, fmt.Errorf("hec: the collector answered code %d", said.Code)
	}
	if !t.Ack {
		return siem.Sent{}, nil
	}
	if said.AckID == nil {
		return siem.Sent{}, fmt.Errorf("hec: the token has no indexer acknowledgement: turn it on in Splunk, or write ack: false")
	}
	return siem.Sent{}, t.indexed(ctx, *said.AckID)
}

// add adds an event to the request.
func (t *hec) add(i siem.Item) {
	b := append(t.buf, `{"time":`...)
	ms := i.Event.Time.UnixMilli()
	b = strconv.AppendInt(b, ms/1000, 10)
	b = append(b, fmt.Sprintf(".%03d", ms%1000)...)
	for _, kv := range [][2]string{{"host", t.Host}, {"source", "lethe"}, {"sourcetype", t.SourceType}, {"index", t.Index}} {
		if kv[1] != "" {
			b = appendQuoted(append(append(append(b, `,"`...), kv[0]...), `":`...), kv[1])
		}
	}
	b = append(b, `,"event":`...)
	if t.json {
		b = append(b, i.Body...)
	} else {
		b = appendQuoted(b, string(i.Body))
	}
	b = appendQuoted(append(b, `,"fields":{"lethe_id":`...), i.Event.ID)
	t.buf = append(b, "}}"...)
}

// appendQuoted adds a JSON string.
func appendQuoted(b []byte, s string) []byte {
	q, _ := json.Marshal(s) // a string always can be
	return append(b, q...)
}

// indexed waits until the collector says that a batch is indexed.
func (t *hec) indexed(ctx context.Context, id int64) error {
	ask := strconv.AppendInt([]byte(`{"acks":[`), id, 10)
	ask = append(ask, "]}"...)
	for {
		a, err := t.post(ctx, "/services/collector/ack?channel="+t.channel, ask, false)
		if err != nil {
			return err
		}
		if !a.ok() {
			return t.client.refused(a)
		}
		var said struct {
			Acks map[string]bool `json:"acks"`
		}
		if json.Unmarshal(a.body, &said) == nil && said.Acks[strconv.FormatInt(id, 10)] {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("hec: no word that the batch is indexed: %w", ctx.Err())
		case <-time.After(ackEvery):
		}
	}
}

func (t *hec) post(ctx context.Context, path string, body []byte, zipped bool) (answer, error) {
	header := map[string]string{"Authorization": "Splunk " + string(t.Token.Reveal()), "X-Splunk-Request-Channel": t.channel, "Content-Type": "application/json"}
	if zipped {
		header["Content-Encoding"] = "gzip"
	}
	return t.client.do(ctx, "POST", t.URL+path, header, body)
}

// Close implements siem.Transport.
func (t *hec) Close(context.Context) error { t.client.close(); return nil }
