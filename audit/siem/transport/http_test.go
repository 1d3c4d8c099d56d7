package transport

import (
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/stream"
)

func value(s string) stream.Value { return stream.NewValue([]byte(s)) }

const token = "canary-token-of-the-receiver"

// collector is Splunk's HTTP Event Collector, as far as its API is used: it
// acknowledges a batch at the second question.
type collector struct {
	mu     sync.Mutex
	ids    []string
	asked  map[string]int
	status int  // that it answers instead
	noAck  bool // the token has no acknowledgement
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	channel := r.Header.Get("X-Splunk-Request-Channel")
	switch {
	case r.Header.Get("Authorization") != "Splunk "+token:
		w.WriteHeader(http.StatusUnauthorized)
	case c.status != 0:
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(c.status)
	case len(channel) != 36:
		w.WriteHeader(http.StatusBadRequest)
	case r.URL.Path == "/services/collector/ack":
		var q struct{ Acks []int }
		json.NewDecoder(r.Body).Decode(&q)
		id := fmt.Sprint(q.Acks[0])
		c.asked[id]++
		fmt.Fprintf(w, `{"acks":{"%s":%t}}`, id, c.asked[id] > 1 && r.URL.Query().Get("channel") == channel)
	case r.URL.Path == "/services/collector/event":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for dec := json.NewDecoder(z); ; {
			var e struct {
				Time       float64
				SourceType string
				Event      json.RawMessage
				Fields     map[string]string
			}
			if err := dec.Decode(&e); errors.Is(err, io.EOF) {
				break
			} else if err != nil || e.Time == 0 || len(e.Event) == 0 || e.SourceType != "lethe:audit" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			c.ids = append(c.ids, e.Fields["lethe_id"])
		}
		if c.noAck {
			fmt.Fprint(w, `{"text":"Success","code":0}`)
			return
		}
		fmt.Fprintf(w, `{"text":"Success","code":0,"ackId":%d}`, len(c.ids))
	}
}

func hecFor(t *testing.T, c *collector) *HEC {
	t.Helper()
	c.asked = make(map[string]int)
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	h := New("hec").(*HEC)
	h.URL, h.Token = srv.URL+"/", value(token)
	return h
}

func TestL2SplunkHasEveryEventOnceItIsIndexed(t *testing.T) {
	for _, name := range []string{"ocsf", "cef"} {
		c := &collector{}
		e := env(t, name)
		to := open(t, hecFor(t, c), e)
		b := batch(e, 3)
		for half := range slices.Chunk(b, (len(b)+1)/2) {
			if _, err := to.Send(t.Context(), half); err != nil {
				t.Fatal(err)
			}
		}
		if len(c.ids) != len(b) || c.ids[len(b)-1] != b[len(b)-1].Event.ID {
			t.Errorf("%s: %d of %d events are there", name, len(c.ids), len(b))
		}
		if len(c.asked) != 2 {
			t.Errorf("%d batches were asked after, of 2", len(c.asked))
		}
		for id, n := range c.asked {
			if n != 2 {
				t.Errorf("batch %s was believed after %d questions", id, n)
			}
		}
		to.Close(t.Context())
	}
}

func TestL7WhatSplunkRefusesIsToldWithoutTheToken(t *testing.T) {
	for _, c := range []*collector{{status: 503}, {status: 429}, {noAck: true}} {
		h := hecFor(t, c)
		e := env(t, "json")
		_, err := open(t, h, e).Send(t.Context(), batch(e, 1))
		var later *siem.Later
		if err == nil || strings.Contains(err.Error(), token) || errors.As(err, &later) != (c.status != 0) || later != nil && later.After != 7*time.Second {
			t.Errorf("%+v: %v", c, err)
		}
		h.Ack = false
		if _, err := open(t, h, e).Send(t.Context(), batch(e, 1)); (err == nil) != c.noAck {
			t.Errorf("without acknowledgement, %+v: %v", c, err)
		}
	}
	h := &HEC{URL: "http://127.0.0.1:1/?" + token, Token: value(token)}
	e := env(t, "json")
	if _, err := open(t, h, e).Send(t.Context(), batch(e, 1)); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("nobody there: %v", err)
	}
	if s := fmt.Sprintf("%v %+v %#v", h, h, *h); strings.Contains(strings.ReplaceAll(s, h.URL, ""), token) {
		t.Error("settings show the token")
	}
}

// search is the bulk API of Elasticsearch and OpenSearch, as far as it is used.
type search struct {
	mu           sync.Mutex
	distribution string
	docs         map[string]json.RawMessage
	put          []string
	answer       map[string]int // status of events by id
}

func (s *search) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, p, _ := r.BasicAuth(); u != "lethe" || p != token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch {
	case r.Method == "GET" && r.URL.Path == "/":
		fmt.Fprintf(w, `{"version":{"distribution":"%s","number":"2.19.1"}}`, s.distribution)
	case r.Method == "PUT":
		var body map[string]any
		if json.NewDecoder(r.Body).Decode(&body) != nil || body == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.put = append(s.put, r.URL.Path)
		fmt.Fprint(w, `{"acknowledged":true}`)
	case r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/_bulk"):
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		raw, _ := io.ReadAll(z)
		lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
		var items []string
		for pair := range slices.Chunk(lines, 2) {
			var op struct {
				Create struct {
					ID string `json:"_id"`
				}
			}
			var doc map[string]any
			if json.Unmarshal([]byte(pair[0]), &op) != nil || json.Unmarshal([]byte(pair[1]), &doc) != nil || doc["@timestamp"] == nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			status, typ := 201, ""
			if _, there := s.docs[op.Create.ID]; there {
				status, typ = 409, "version_conflict_engine_exception"
			} else if x := s.answer[op.Create.ID]; x != 0 {
				status, typ = x, "mapper_parsing_exception"
			} else {
				s.docs[op.Create.ID] = json.RawMessage(pair[1])
			}
			items = append(items, fmt.Sprintf(`{"create":{"_id":"%s","status":%d,"error":{"type":"%s"}}}`, op.Create.ID, status, typ))
		}
		fmt.Fprintf(w, `{"errors":true,"items":[%s]}`, strings.Join(items, ","))
	}
}

func searchFor(t *testing.T, s *search) *Elastic {
	t.Helper()
	s.docs, s.answer = make(map[string]json.RawMessage), make(map[string]int)
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	e := New("elastic").(*Elastic)
	e.URL, e.User, e.Password = srv.URL, "lethe", value(token)
	return e
}

func TestL2EventsThatADataStreamHasAreDuplicates(t *testing.T) {
	for _, name := range []string{"ocsf", "ecs", "json"} {
		s := &search{}
		e := env(t, name)
		to := open(t, searchFor(t, s), e)
		b := batch(e, 2)
		s.answer[b[7].Event.ID] = 429
		if _, err := to.Send(t.Context(), b); err == nil {
			t.Error("an event that waits counts as sent")
		}
		delete(s.answer, b[7].Event.ID)
		sent, err := to.Send(t.Context(), b)
		if err != nil || sent.Duplicates != len(b)-1 || len(s.docs) != len(b) {
			t.Errorf("%s: %d duplicates of %d, %d there: %v", name, sent.Duplicates, len(b), len(s.docs), err)
		}
	}
}

func TestEventsThatAreRefusedForGoodAreCountedUnlessAllAre(t *testing.T) {
	s := &search{}
	e := env(t, "ecs")
	to := open(t, searchFor(t, s), e)
	b := batch(e, 1)
	s.answer[b[3].Event.ID] = 400
	if sent, err := to.Send(t.Context(), b); err != nil || sent.Refused != 1 {
		t.Errorf("%d are refused: %v", sent.Refused, err)
	}
	clear(s.docs)
	for _, i := range b {
		s.answer[i.Event.ID] = 400
	}
	if _, err := to.Send(t.Context(), b); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("all are refused: %v", err)
	}
}

func TestTemplateAndLifecycleAreMadeAsTheReceiverKnowsThem(t *testing.T) {
	for distribution, want := range map[string]string{
		"":           "/_ilm/policy/logs-lethe.audit-default-lifecycle /_index_template/logs-lethe.audit-default",
		"opensearch": "/_plugins/_ism/policies/logs-lethe.audit-default-lifecycle /_index_template/logs-lethe.audit-default",
	} {
		s := &search{distribution: distribution}
		e := env(t, "ecs")
		to := open(t, searchFor(t, s), e)
		for range 2 {
			if _, err := to.Send(t.Context(), batch(e, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(s.put, " "); got != want {
			t.Errorf("%q: %s, want %s", distribution, got, want)
		}
	}
	for _, f := range format.All() {
		if Carries("elastic", f) != f.JSON || !Carries("file", f) {
			t.Errorf("a data stream or a file takes %s, or does not", f.Name)
		}
	}
}

func TestAWebhookIsSignedAndDated(t *testing.T) {
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, sig, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Lethe-Signature"), "t="), ",v1=")
		m := hmac.New(sha256.New, []byte(token))
		m.Write([]byte(at + "." + string(body)))
		if hex.EncodeToString(m.Sum(nil)) != sig || at != "1769871845" {
			w.WriteHeader(http.StatusForbidden)
		}
		got = append(got, r.Header.Get("Lethe-Batch")+" "+fmt.Sprint(strings.Count(string(body), "\n")))
	}))
	defer srv.Close()
	e := env(t, "json")
	to := open(t, &Webhook{URL: srv.URL, Secret: value(token)}, e)
	b := batch(e, 1)
	for range 2 {
		if _, err := to.Send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 2 || got[0] != got[1] || !strings.HasSuffix(got[0], fmt.Sprint(" ", len(b))) {
		t.Errorf("got %v", got)
	}
	bad := open(t, &Webhook{URL: srv.URL, Secret: value("another secret of theirs")}, e)
	if _, err := bad.Send(t.Context(), b); err == nil {
		t.Error("a receiver that refuses has the batch")
	}
}
