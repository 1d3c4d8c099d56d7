package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"google.golang.org/protobuf/encoding/protowire"

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
	t := &otlp{client: c, to: to.String(), header: map[string]string{"Content-Type": "application/x-protobuf"}, env: env, near: loopback(to.Hostname())}
	if !t.near {
		t.header["Content-Encoding"] = "gzip"
	}
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
	near   bool // on this machine: to compress costs both sides more than it saves
	zip    zip
	body   []byte
	scope  []byte
	record []byte
}

// Send implements siem.Transport.
func (t *otlp) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	body := t.request(batch)
	if !t.near {
		body = t.zip.bytes(body)
	}
	a, err := t.client.do(ctx, http.MethodPost, t.to, t.header, body)
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

// The fields of an export request, opentelemetry/proto/{collector/logs,logs,resource,common}/v1.
const (
	requestResourceLogs = 1 // ExportLogsServiceRequest
	logsResource        = 1 // ResourceLogs
	logsScopeLogs       = 2
	resourceAttributes  = 1 // Resource
	scopeScope          = 1 // ScopeLogs
	scopeLogRecords     = 2
	scopeName           = 1 // InstrumentationScope
	recordTime          = 1 // LogRecord
	recordSeverity      = 2
	recordSeverityText  = 3
	recordBody          = 5
	recordAttributes    = 6
	recordObserved      = 11
	recordEventName     = 12
	attributeKey        = 1 // KeyValue
	attributeValue      = 2
	anyString           = 1 // AnyValue
	anyInt              = 3
)

// request is an export request with an event in each record. It is written field by field:
// the generated types take a tree of some thirty pointers for each.
func (t *otlp) request(batch []siem.Item) []byte {
	observed := uint64(t.env.Now().UnixNano())
	t.scope = message(t.scope[:0], scopeScope, said(nil, scopeName, "lethe"))
	for _, i := range batch {
		t.record = appendRecord(t.record[:0], i, observed)
		t.scope = message(t.scope, scopeLogRecords, t.record)
	}
	of := attribute(nil, resourceAttributes, "service.name", "lethe")
	of = attribute(of, resourceAttributes, "service.namespace", t.env.Workspace)
	logs := message(nil, logsResource, of)
	n := len(logs) + protowire.SizeTag(logsScopeLogs) + protowire.SizeBytes(len(t.scope))
	t.body = protowire.AppendVarint(protowire.AppendTag(t.body[:0], requestResourceLogs, protowire.BytesType), uint64(n))
	t.body = message(append(t.body, logs...), logsScopeLogs, t.scope)
	return t.body
}

// appendRecord appends an event as a log record.
func appendRecord(b []byte, i siem.Item, observed uint64) []byte {
	e := i.Event
	b = protowire.AppendFixed64(protowire.AppendTag(b, recordTime, protowire.Fixed64Type), uint64(e.Time.UnixNano()))
	b = protowire.AppendFixed64(protowire.AppendTag(b, recordObserved, protowire.Fixed64Type), observed)
	b = protowire.AppendVarint(protowire.AppendTag(b, recordSeverity, protowire.VarintType), severities[e.Severity])
	b = said(b, recordSeverityText, e.Severity.String())
	b = said(b, recordEventName, "lethe."+string(e.Action))
	b = protowire.AppendVarint(protowire.AppendTag(b, recordBody, protowire.BytesType), uint64(protowire.SizeTag(anyString)+protowire.SizeBytes(len(i.Body))))
	b = message(b, anyString, i.Body)
	for _, kv := range [...][2]string{{"event.id", e.ID}, {"event.action", string(e.Action)}, {"event.outcome", string(e.Outcome)}, {"lethe.kind", e.Kind}, {"lethe.stage", e.Stage},
		{"lethe.connection", e.Connection}, {"lethe.source", e.Source}, {"lethe.stream", e.Stream}, {"lethe.tlog.origin", e.Log.Origin}, {"lethe.tlog.leaf_hash", e.Log.Hash}} {
		if kv[1] != "" {
			b = attribute(b, recordAttributes, kv[0], kv[1])
		}
	}
	if e.Log.Index >= 0 {
		b = keyValue(b, recordAttributes, "lethe.tlog.index", protowire.SizeTag(anyInt)+protowire.SizeVarint(uint64(e.Log.Index)))
		b = protowire.AppendVarint(protowire.AppendTag(b, anyInt, protowire.VarintType), uint64(e.Log.Index))
	}
	return b
}

// severities are numbers of SeverityNumber: INFO, INFO2, WARN, ERROR, FATAL.
var severities = map[siem.Severity]uint64{siem.Informational: 9, siem.Low: 10, siem.Medium: 13, siem.High: 17, siem.Critical: 21}

// message appends a field that holds a message, or bytes.
func message(b []byte, n protowire.Number, in []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), in)
}

// said appends a field that holds a text.
func said(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

// attribute appends a field that holds a KeyValue of a text.
func attribute(b []byte, n protowire.Number, key, value string) []byte {
	return said(keyValue(b, n, key, protowire.SizeTag(anyString)+protowire.SizeBytes(len(value))), anyString, value)
}

// keyValue appends a field that holds a KeyValue, up to its value, which has so many bytes.
func keyValue(b []byte, n protowire.Number, key string, size int) []byte {
	all := protowire.SizeTag(attributeKey) + protowire.SizeBytes(len(key)) + protowire.SizeTag(attributeValue) + protowire.SizeBytes(size)
	b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.BytesType), uint64(all))
	b = said(b, attributeKey, key)
	return protowire.AppendVarint(protowire.AppendTag(b, attributeValue, protowire.BytesType), uint64(size))
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
