package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"lethe/audit/siem"
	"lethe/stream"
)

// Elastic sends events to a data stream of Elasticsearch or OpenSearch by its bulk API.
// Before the first it creates an index template, and a lifecycle policy (ILM or ISM)
// that deletes after some days, unless setup is "none". Events are created under their
// own id: one that is there already in the index that is written is a duplicate, which
// the receiver says and Lethe counts. A batch counts as sent once each event is created
// or there.
type Elastic struct {
	URL             string       `yaml:"url,required"`
	DataStream      string       `yaml:"data_stream"`
	User            string       `yaml:"user"`
	Password        stream.Value `yaml:"password"`
	APIKey          stream.Value `yaml:"api_key"`
	DeleteAfterDays int          `yaml:"delete_after_days"` // 0 keeps for ever
	Setup           string       `yaml:"setup"`             // "none": template and policy are there
	CA              string       `yaml:"ca"`
}

// dataStream is the form of names of data streams that are safe everywhere.
var dataStream = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// Check implements Settings.
func (e *Elastic) Check(fault func(key, msg, hint string)) {
	checkURL(e.URL, "https://opensearch.internal:9200", fault)
	if !dataStream.MatchString(e.DataStream) {
		fault("data_stream", "this cannot be the name of a data stream", "write data_stream: logs-lethe.audit-default")
	}
	if len(e.APIKey.Reveal()) > 0 && e.User != "" {
		fault("api_key", "both an API key and a user", "keep one")
	}
	if (e.User == "") != (len(e.Password.Reveal()) == 0) {
		fault("user", "a user and a password go together", "write user: and password:")
	}
	if e.Setup != "" && e.Setup != "none" {
		fault("setup", "this is not known", "write setup: none, or take it out")
	}
	if e.DeleteAfterDays < 0 {
		fault("delete_after_days", "fewer than no days", "write delete_after_days: 365, or 0 to keep for ever")
	}
}

// Paths implements Settings.
func (e *Elastic) Paths() []*string { return []*string{&e.CA} }

// Open implements Settings.
func (e *Elastic) Open(env siem.Env) (siem.Transport, error) {
	c, err := newClient("elastic", e.CA)
	t := &elastic{Elastic: *e, client: c, format: env.Format.Name}
	t.URL = strings.TrimSuffix(t.URL, "/")
	return t, err
}

type elastic struct {
	Elastic
	client *client
	format string
	ready  bool
	zip    zip
	buf    []byte
}

// Send implements siem.Transport.
func (t *elastic) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	if !t.ready && t.Setup != "none" {
		if err := t.setUp(ctx); err != nil {
			return siem.Sent{}, err
		}
	}
	t.ready = true
	t.buf = t.buf[:0]
	for _, i := range batch {
		t.buf = append(append(append(t.buf, `{"create":{"_id":"`...), i.Event.ID...), "\"}}\n"...)
		t.buf = append(append(t.buf, t.document(i)...), '\n')
	}
	a, err := t.request(ctx, "POST", "/"+t.DataStream+"/_bulk", t.zip.bytes(t.buf), true)
	if err != nil {
		return siem.Sent{}, err
	}
	if !a.ok() {
		return siem.Sent{}, t.client.refused(a)
	}
	return t.read(a.body, len(batch))
}

// document is an event as a data stream takes it, which wants @timestamp.
func (t *elastic) document(i siem.Item) []byte {
	if t.format == "ecs" {
		return i.Body
	}
	at := i.Event.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	return append([]byte(`{"@timestamp":"`+at+`",`), i.Body[1:]...)
}

// read reads what became of each event.
func (t *elastic) read(body []byte, n int) (siem.Sent, error) {
	var said struct {
		Items []struct {
			Create struct {
				Status int `json:"status"`
				Error  struct {
					Type string `json:"type"`
				} `json:"error"`
			} `json:"create"`
		} `json:"items"`
	}
	if err := json.Unmarshal(body, &said); err != nil || len(said.Items) != n {
		return siem.Sent{}, fmt.Errorf("elastic: the answer tells of %d events of %d", len(said.Items), n)
	}
	var sent siem.Sent
	for _, i := range said.Items {
		switch s := i.Create.Status; {
		case s >= 200 && s < 300:
		case s == http.StatusConflict:
			sent.Duplicates++
		case s == http.StatusTooManyRequests || s >= 500 || s == http.StatusUnauthorized || s == http.StatusForbidden || s == http.StatusNotFound:
			return siem.Sent{}, fmt.Errorf("elastic: an event was answered with %d (%s)", s, plainCode(i.Create.Error.Type))
		default:
			sent.Refused++
		}
	}
	if sent.Refused == n {
		return siem.Sent{}, fmt.Errorf("elastic: every event was refused (%s): does the data stream have another mapping?", plainCode(said.Items[0].Create.Error.Type))
	}
	return sent, nil
}

// setUp creates what the data stream is made by.
func (t *elastic) setUp(ctx context.Context) error {
	a, err := t.request(ctx, "GET", "/", nil, false)
	if err != nil {
		return err
	}
	if !a.ok() {
		return t.client.refused(a)
	}
	var about struct {
		Version struct {
			Distribution string `json:"distribution"`
		} `json:"version"`
	}
	if err := json.Unmarshal(a.body, &about); err != nil {
		return fmt.Errorf("elastic: the receiver does not say what it is")
	}
	policy := t.DataStream + "-lifecycle"
	settings := map[string]any{}
	if t.DeleteAfterDays > 0 {
		days := strconv.Itoa(t.DeleteAfterDays) + "d"
		path, body := "/_ilm/policy/"+policy, ilm(days)
		if about.Version.Distribution == "opensearch" {
			path, body = "/_plugins/_ism/policies/"+policy, ism(days, t.DataStream)
		} else {
			settings["index.lifecycle.name"] = policy
		}
		if err := t.put(ctx, path, body); err != nil {
			return err
		}
	}
	return t.put(ctx, "/_index_template/"+t.DataStream, map[string]any{
		"index_patterns": []string{t.DataStream}, "data_stream": map[string]any{}, "priority": 500,
		"template": map[string]any{"settings": settings, "mappings": mappings()},
	})
}

// put creates something. What is there already (409 of ISM) stays as people have it.
func (t *elastic) put(ctx context.Context, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a, err := t.request(ctx, "PUT", path, b, false)
	switch {
	case err != nil:
		return err
	case a.ok(), a.status == http.StatusConflict:
		return nil
	case strings.HasPrefix(path, "/_plugins/_ism") && (a.status == http.StatusBadRequest || a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed):
		return nil // a cluster without that plugin keeps for ever
	}
	return fmt.Errorf("%s: %w", path, t.client.refused(a))
}

func (t *elastic) request(ctx context.Context, method, path string, body []byte, zipped bool) (answer, error) {
	header := map[string]string{"Content-Type": "application/x-ndjson"}
	if !zipped {
		header["Content-Type"] = "application/json"
	} else {
		header["Content-Encoding"] = "gzip"
	}
	switch {
	case len(t.APIKey.Reveal()) > 0:
		header["Authorization"] = "ApiKey " + string(t.APIKey.Reveal())
	case t.User != "":
		header["Authorization"] = "Basic " + basic(t.User, string(t.Password.Reveal()))
	}
	return t.client.do(ctx, method, t.URL+path, header, body)
}

// Close implements siem.Transport.
func (t *elastic) Close(context.Context) error { t.client.close(); return nil }
