package transport

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit/siem"
	"lethe/audit/siem/siemtest"
)

// sent sends a batch to a receiver that may still be starting: a broker's first producer
// takes half a minute where other tests start servers beside it.
func sent(t *testing.T, s Settings, e siem.Env, b []siem.Item) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		to := open(t, s, e)
		_, err := to.Send(ctx, b)
		to.Close(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func idsOf(b []siem.Item) []string {
	ids := make([]string, len(b))
	for i := range b {
		ids[i] = b[i].Event.ID
	}
	slices.Sort(ids)
	return ids
}

func TestL2ATopicOfKafkaHasEveryEventUnderItsID(t *testing.T) {
	addr := siemtest.Needs(t, "LETHE_TEST_KAFKA")
	e := env(t, "json")
	e.Brokers = []string{addr}
	topic := fmt.Sprintf("siem-events-%d", time.Now().UnixNano())
	b := batch(e, 3)
	sent(t, &Kafka{Topic: topic}, e, b)
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	defer kadm.NewClient(cl).DeleteTopics(context.WithoutCancel(t.Context()), topic)
	if !slices.ContainsFunc(b, func(i siem.Item) bool { return i.Event.Time.After(time.Now().Add(time.Hour)) }) {
		t.Error("no event tells a time that the broker would refuse")
	}
	var ids []string
	for len(ids) < len(b) {
		fs := cl.PollFetches(t.Context())
		if err := fs.Err0(); err != nil {
			t.Fatal(err)
		}
		fs.EachRecord(func(r *kgo.Record) {
			var v struct{ ID string }
			if json.Unmarshal(r.Value, &v) != nil || v.ID != string(r.Key) {
				t.Errorf("%s has the key %s", r.Value, r.Key)
			}
			ids = append(ids, string(r.Key))
		})
	}
	if slices.Sort(ids); !slices.Equal(ids, idsOf(b)) {
		t.Error("other events are there")
	}
}

func TestL2ABatchIsOneObjectHoweverOftenItIsWritten(t *testing.T) {
	bin, addr, dir := siemtest.Needs(t, "LETHE_TEST_VERSITYGW"), siemtest.Address(t), t.TempDir()
	siemtest.Start(t, bin, "--access", "lethe", "--secret", token, "--port", addr, "posix", dir)
	cl, err := minio.New(addr, &minio.Options{Creds: credentials.NewStaticV4("lethe", token, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if err = cl.MakeBucket(t.Context(), "soc", minio.MakeBucketOptions{}); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	s := &S3{URL: "s3://soc/lethe", Endpoint: "http://" + addr, Region: "us-east-1", AccessKey: "lethe", SecretKey: value(token), Every: time.Minute}
	e := env(t, "ocsf")
	b := batch(e, 2)
	sent(t, s, e, b)
	sent(t, s, e, b)
	names, err := filepath.Glob(filepath.Join(dir, "soc/lethe/2026/01/31/*.jsonl.gz"))
	if err != nil || len(names) != 1 {
		t.Fatalf("objects %v: %v", names, err)
	}
	f, err := os.Open(names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"); err != nil || len(lines) != len(b) || lines[3] != string(b[3].Body) {
		t.Errorf("%d lines: %v", len(lines), err)
	}
	s.SecretKey = value("another secret")
	if _, err := open(t, s, e).Send(t.Context(), b); err == nil || strings.Contains(err.Error(), "another") || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		t.Errorf("another secret: %v", err)
	}
}

// taken are the events that the receivers of OpenTelemetry have written.
func taken(t *testing.T, path string, id func(line map[string]any) string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ids []string
	for s := bufio.NewScanner(f); s.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id(line))
	}
	slices.Sort(ids)
	return ids
}

func attributeOf(line map[string]any, name string) string {
	s, _ := line["attributes"].(map[string]any)[name].(string)
	return s
}

func TestL2AnOTLPReceiverHasEveryEvent(t *testing.T) {
	addr, out := siemtest.Address(t), filepath.Join(t.TempDir(), "out")
	siemtest.Collector(t, "--otlp", addr, out)
	e := env(t, "ocsf")
	b := batch(e, 3)
	sent(t, &OTLP{URL: "http://" + addr}, e, b)
	got := taken(t, out, func(line map[string]any) string {
		body, _ := line["body"].(string)
		if !strings.HasPrefix(body, `{"time":`) || line["resource"].(map[string]any)["service.namespace"] != "shop" {
			t.Errorf("got %v", line)
		}
		return attributeOf(line, "event.id")
	})
	if !slices.Equal(got, idsOf(b)) {
		t.Errorf("%d events are there of %d", len(got), len(b))
	}
}

func TestL2TheCollectorOfSplunkHasEveryEvent(t *testing.T) {
	addr, out := siemtest.Address(t), filepath.Join(t.TempDir(), "out")
	siemtest.Collector(t, "--hec", addr, out)
	e := env(t, "ecs")
	b := batch(e, 3)
	h := New("hec").(*HEC)
	h.URL, h.Token = "http://"+addr, value(token)
	sent(t, h, e, b)
	if got := taken(t, out, func(line map[string]any) string { return attributeOf(line, "lethe_id") }); !slices.Equal(got, idsOf(b)) {
		t.Errorf("%d events are there of %d", len(got), len(b))
	}
}

// postOffice is a server of mail without TLS.
func postOffice(t *testing.T, refuse string) (addr string, mails <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "220 mail\r\n")
			for r := bufio.NewReader(conn); ; {
				line, err := r.ReadString('\n')
				if err != nil {
					break
				}
				switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); {
				case refuse != "" && strings.HasPrefix(line, refuse):
					fmt.Fprintf(conn, "550 %s", line)
				case verb == "QUIT":
					fmt.Fprint(conn, "221 bye\r\n")
				case verb == "DATA":
					fmt.Fprint(conn, "354 go on\r\n")
					var text strings.Builder
					for line, err = r.ReadString('\n'); err == nil && line != ".\r\n"; line, err = r.ReadString('\n') {
						text.WriteString(line)
					}
					got <- text.String()
					fmt.Fprint(conn, "250 taken\r\n")
				default:
					fmt.Fprint(conn, "250 mail\r\n")
				}
			}
			conn.Close()
		}
	}()
	return l.Addr().String(), got
}

func TestEventsThatMatterAreOneMail(t *testing.T) {
	addr, mails := postOffice(t, "")
	m := &Email{Address: addr, From: "lethe@example.org", To: []string{"soc@example.org", "dpo@example.org"}, Every: time.Minute}
	e := env(t, "ocsf")
	b := batch(e, 1)
	i := slices.IndexFunc(b, func(i siem.Item) bool { return i.Event.Action == siem.PolicyWeaken })
	sent(t, m, e, b[i:i+3])
	text := <-mails
	for _, want := range []string{"To: soc@example.org, dpo@example.org\r\n", "Subject: Lethe shop: Policy revision weakened (high) and 2 more\r\n",
		"Date: Sat, 31 Jan 2026", "@example.org>\r\n", "    connection  crm-lake\r\n", "    log         lethe/shop, leaf "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	sent(t, m, e, b[i:i+3])
	if again := <-mails; again != text {
		t.Error("the same events are another mail")
	}
	addr, _ = postOffice(t, "RCPT")
	m.Address = addr
	if _, err := open(t, m, e).Send(t.Context(), b); err == nil || strings.Contains(err.Error(), "soc@") {
		t.Errorf("no such person: %v", err)
	}
}
