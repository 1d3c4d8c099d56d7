package transport

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"lethe/audit/siem"
)

// The request is written field by field: OpenTelemetry's generated types read it, whole and
// without a field that they do not know.
func TestAnOTLPRequestIsWhatTheGeneratedTypesRead(t *testing.T) {
	e := env(t, "ocsf")
	items := batch(e, 1)
	var got logs.LogsData // on the wire what an export request is
	if err := proto.Unmarshal((&otlp{env: e}).request(items), &got); err != nil {
		t.Fatal(err)
	}
	if n := len(got.ResourceLogs); n != 1 || len(got.ResourceLogs[0].ScopeLogs) != 1 || len(got.ProtoReflect().GetUnknown()) != 0 {
		t.Fatalf("%d resources", n)
	}
	of := map[string]string{}
	for _, a := range got.ResourceLogs[0].Resource.Attributes {
		of[a.Key] = a.Value.GetStringValue()
	}
	if of["service.name"] != "lethe" || of["service.namespace"] != "shop" || got.ResourceLogs[0].ScopeLogs[0].Scope.Name != "lethe" {
		t.Errorf("the resource says %v", of)
	}
	records := got.ResourceLogs[0].ScopeLogs[0].LogRecords
	if len(records) != len(items) {
		t.Fatalf("%d records of %d", len(records), len(items))
	}
	numbers := map[siem.Severity]logs.SeverityNumber{siem.Informational: logs.SeverityNumber_SEVERITY_NUMBER_INFO, siem.Low: logs.SeverityNumber_SEVERITY_NUMBER_INFO2,
		siem.Medium: logs.SeverityNumber_SEVERITY_NUMBER_WARN, siem.High: logs.SeverityNumber_SEVERITY_NUMBER_ERROR, siem.Critical: logs.SeverityNumber_SEVERITY_NUMBER_FATAL}
	for i, r := range records {
		ev, says := items[i].Event, map[string]string{}
		index := int64(-1)
		for _, a := range r.Attributes {
			if says[a.Key] = a.Value.GetStringValue(); a.Key == "lethe.tlog.index" {
				index = a.Value.GetIntValue()
			}
			if len(a.ProtoReflect().GetUnknown()) != 0 || len(a.Value.ProtoReflect().GetUnknown()) != 0 {
				t.Errorf("%s: the attribute %s has fields that nobody knows", ev.Action, a.Key)
			}
		}
		if r.Body.GetStringValue() != string(items[i].Body) || r.TimeUnixNano != uint64(ev.Time.UnixNano()) || r.ObservedTimeUnixNano != uint64(time.Unix(1_769_871_845, 0).UnixNano()) ||
			r.SeverityText != ev.Severity.String() || r.SeverityNumber != numbers[ev.Severity] || r.EventName != "lethe."+string(ev.Action) || len(r.ProtoReflect().GetUnknown()) != 0 {
			t.Errorf("%s: it reads %v", ev.Action, r)
		}
		if says["event.id"] != ev.ID || says["event.action"] != string(ev.Action) || says["event.outcome"] != string(ev.Outcome) || says["lethe.stage"] != ev.Stage ||
			says["lethe.tlog.leaf_hash"] != ev.Log.Hash || index != ev.Log.Index {
			t.Errorf("%s: attributes are %v", ev.Action, says)
		}
	}
}

func TestWhatAnOTLPReceiverRejectsIsRead(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "\x0a\x00": 0, "\x0a\x02\x08\x03": 3, "\x0a\x06\x12\x02no\x08\x05": 5, "\x0a\x04\x12\x02no": 0, "\xff": 0, "\x10\x01\x0a\x03\x08\x80\x01": 128} {
		if got := rejected([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// What a receiver rejects for good is counted; a batch of which nothing was taken is no
// batch that it has.
func TestL2ABatchThatAnOTLPReceiverRejectsWholeIsNotSent(t *testing.T) {
	e := env(t, "json")
	b := batch(e, 1)
	for rejects, want := range map[int]int{0: 0, 3: 3, len(b): -1} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte{0x0a, 2, 0x08, byte(rejects)}) // partial_success.rejected_log_records
		}))
		to := open(t, &OTLP{URL: srv.URL}, e)
		got, err := to.Send(t.Context(), b)
		if (err != nil) != (want < 0) || err == nil && got.Refused != want {
			t.Errorf("%d of %d rejected: %+v, %v", rejects, len(b), got, err)
		}
		to.Close(t.Context())
		srv.Close()
	}
}
