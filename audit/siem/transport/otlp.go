package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"lethe/audit/siem"
	"lethe/stream"
)

// OTLP sends events as OpenTelemetry log records over HTTP, in protobuf. The body is the
// event in the destination's format, beside attributes to search by. A batch counts as
// sent once the receiver answers with success; records that it rejects are counted.
type OTLP struct {
	URL   string       `yaml:"url,required"` // https://collector:4318
	Token stream.Value `yaml:"token"`        // sent as a bearer
	CA    string       `yaml:"ca"`
}

// Check implements Settings.
func (o *OTLP) Check(fault func(key, msg, hint string)) {
	checkURL(o.URL, "https://collector.internal:4318", fault)
}

// Paths implements Settings.
func (o *OTLP) Paths() []*string { return []*string{&o.CA} }

// Open implements Settings.
func (o *OTLP) Open(env siem.Env) (siem.Transport, error) {
	c, err := newClient("otlp", o.CA)
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("otlp: the URL cannot be used")
	}
	if to.Path == "" || to.Path == "/" {
		to.Path = "/v1/logs"
	}
	t := &otlp{client: c, to: to.String(), header: map[string]string{"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}, env: env}
	if token := o.Token.Reveal(); len(token) > 0 {
		t.header["Authorization"] = "Bearer " + string(token)
	}
	return t, nil
}

type otlp struct {
	client *client
	to     string
	header map[string]string
	env    siem.Env
	zip    zip
}

// Send implements siem.Transport.
func (t *otlp) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	scope := &logs.ScopeLogs{Scope: &common.InstrumentationScope{Name: "lethe"}}
	observed := uint64(t.env.Now().UnixNano())
	for _, i := range batch {
		scope.LogRecords = append(scope.LogRecords, record(i, observed))
	}
	// On the wire LogsData is what an export request is: the resource's logs in field 1.
	body, err := proto.Marshal(&logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{
		Resource:  &resource.Resource{Attributes: []*common.KeyValue{text("service.name", "lethe"), text("service.namespace", t.env.Workspace)}},
		ScopeLogs: []*logs.ScopeLogs{scope},
	}}})
	if err != nil {
		return siem.Sent{}, fmt.Errorf("otlp: %w", err)
	}
	a, err := t.client.do(ctx, http.MethodPost, t.to, t.header, t.zip.bytes(body))
	if err != nil {
		return siem.Sent{}, err
	}
	if !a.ok() {
		return siem.Sent{}, t.client.refused(a)
	}
	switch n := rejected(a.body); {
	case n <= 0:
		return siem.Sent{}, nil
	case n >= int64(len(batch)):
		return siem.Sent{}, fmt.Errorf("otlp: the receiver rejected every record")
	default:
		return siem.Sent{Refused: int(n)}, nil
	}
}

// record is an event as a log record.
func record(i siem.Item, observed uint64) *logs.LogRecord {
	e := i.Event
	r := &logs.LogRecord{TimeUnixNano: uint64(e.Time.UnixNano()), ObservedTimeUnixNano: observed, SeverityText: e.Severity.String(), EventName: "lethe." + string(e.Action),
		SeverityNumber: severities[e.Severity], Body: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: string(i.Body)}}}
	for _, kv := range [][2]string{{"event.id", e.ID}, {"event.action", string(e.Action)}, {"event.outcome", string(e.Outcome)}, {"lethe.kind", e.Kind}, {"lethe.stage", e.Stage},
		{"lethe.connection", e.Connection}, {"lethe.source", e.Source}, {"lethe.stream", e.Stream}, {"lethe.tlog.origin", e.Log.Origin}, {"lethe.tlog.leaf_hash", e.Log.Hash}} {
		if kv[1] != "" {
			r.Attributes = append(r.Attributes, text(kv[0], kv[1]))
		}
	}
	if e.Log.Index >= 0 {
		r.Attributes = append(r.Attributes, &common.KeyValue{Key: "lethe.tlog.index", Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: e.Log.Index}}})
	}
	return r
}

var severities = map[siem.Severity]logs.SeverityNumber{
	siem.Informational: logs.SeverityNumber_SEVERITY_NUMBER_INFO, siem.Low: logs.SeverityNumber_SEVERITY_NUMBER_INFO2,
	siem.Medium: logs.SeverityNumber_SEVERITY_NUMBER_WARN, siem.High: logs.SeverityNumber_SEVERITY_NUMBER_ERROR, siem.Critical: logs.SeverityNumber_SEVERITY_NUMBER_FATAL,
}

func text(key, value string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}

// rejected is how many records an ExportLogsServiceResponse says were rejected: field 1
// of its field 1. The message's package would bring gRPC with it.
func rejected(answer []byte) int64 {
	partial, ok := field(answer, 1, protowire.BytesType)
	if !ok {
		return 0
	}
	inner, _ := protowire.ConsumeBytes(partial)
	count, ok := field(inner, 1, protowire.VarintType)
	if !ok {
		return 0
	}
	n, _ := protowire.ConsumeVarint(count)
	return int64(n)
}

// field is the rest of a message from a field's value on.
func field(b []byte, number protowire.Number, typ protowire.Type) ([]byte, bool) {
	for len(b) > 0 {
		num, t, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, false
		}
		if b = b[n:]; num == number && t == typ {
			return b, true
		}
		if n = protowire.ConsumeFieldValue(num, t, b); n < 0 {
			return nil, false
		}
		b = b[n:]
	}
	return nil, false
}

// Close implements siem.Transport.
func (t *otlp) Close(context.Context) error { t.client.close(); return nil }
