package siemtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/audit/audittest"
)

// Needs is what a variable names; a test without it is skipped, and fails in CI.
func Needs(tb testing.TB, variable string) string {
	tb.Helper()
	s := os.Getenv(variable)
	switch {
	case s == "" && os.Getenv("CI") != "":
		tb.Fatal(variable + " names nothing")
	case s == "":
		tb.Skip(variable + " names nothing: ./test.sh does")
	}
	return s
}

// Address is one that nothing listens on.
func Address(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Start starts a server; what it returns kills it.
func Start(tb testing.TB, bin string, args ...string) (kill func()) {
	tb.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Stdout, cmd.Stderr = tb.Output(), tb.Output()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	kill = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	tb.Cleanup(kill)
	return kill
}

// Collector starts a receiver of OpenTelemetry, --otlp or --hec, that writes what it has to
// a file.
func Collector(tb testing.TB, flag, addr, out string) (kill func()) {
	tb.Helper()
	return Start(tb, Needs(tb, "LETHE_TEST_COLLECTOR"), flag, addr, "--out", out)
}

// Listening waits until something answers there.
func Listening(tb testing.TB, addr string) {
	tb.Helper()
	for range 600 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	tb.Fatal("the receiver does not answer")
}

// OpenSearch starts a node that keeps its data in a directory, and waits until it answers.
func OpenSearch(tb testing.TB, dir string, port int) (kill func()) {
	tb.Helper()
	jars := Needs(tb, "LETHE_TEST_OPENSEARCH")
	kill = Start(tb, "java", "-Xmx512m", "-cp", jars+"/*", "org.codelibs.opensearch.runner.OpenSearchRunner", "-basePath", dir, "-numOfNode", "1", "-baseHttpPort", fmt.Sprint(port-1))
	for range 1200 {
		if resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/_cluster/health?wait_for_status=yellow&timeout=1s", port)); err == nil {
			if resp.Body.Close(); resp.StatusCode == http.StatusOK {
				return kill
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	tb.Fatal("OpenSearch did not start")
	return nil
}

// Rsyslog starts a receiver of syslog over TLS with the certificate in a file, beside
// which its key lies.
func Rsyslog(tb testing.TB, dir, addr, cert, out string) (kill func()) {
	tb.Helper()
	found, _ := filepath.Glob("/usr/lib/*/rsyslog/lmnsd_ossl.so")
	switch {
	case found == nil && os.Getenv("CI") != "":
		tb.Fatal("there is no rsyslog with TLS")
	case found == nil:
		tb.Skip("there is no rsyslog with TLS: apt-get install rsyslog rsyslog-openssl")
	}
	host, port, _ := net.SplitHostPort(addr)
	conf := filepath.Join(dir, "rsyslog.conf")
	text := fmt.Sprintf(`global(workDirectory="%s" maxMessageSize="64k" defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="%s" defaultNetstreamDriverCertFile="%s" defaultNetstreamDriverKeyFile="%s")
module(load="imtcp" streamDriver.Name="ossl" streamDriver.Mode="1" streamDriver.AuthMode="anon")
template(name="raw" type="string" string="%%rawmsg%%\n")
ruleset(name="r") { action(type="omfile" file="%s" template="raw") }
input(type="imtcp" address="%s" port="%s" ruleset="r")
`, dir, cert, cert, filepath.Join(filepath.Dir(cert), "key.pem"), out, host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	bin, err := exec.LookPath("rsyslogd")
	if err != nil {
		bin = "/usr/sbin/rsyslogd"
	}
	return Start(tb, bin, "-n", "-f", conf, "-i", filepath.Join(dir, "pid"))
}

// Certificate is one for 127.0.0.1, and the file that holds it for clients; key.pem is
// beside that.
func Certificate(tb testing.TB) (tls.Certificate, string) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(tb.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		tb.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}), 0o600); err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// Log is a log of n leaves, of these entries in turn.
func Log(tb testing.TB, entries []Entry, n int) (dir string, v note.Verifier) {
	tb.Helper()
	skey, _, err := audit.NewLogKey(Origin)
	if err != nil {
		tb.Fatal(err)
	}
	if v, err = audit.Verifier(skey); err != nil {
		tb.Fatal(err)
	}
	topic := make(audittest.Topic, n)
	for i := range topic {
		topic[i] = entries[i%len(entries)].JSON
	}
	dir = tb.TempDir()
	topic.Log(tb, dir, skey)
	return dir, v
}

// Place is an exporter's cursor in memory.
type Place struct {
	mu sync.Mutex
	at int64
}

// Load implements siem.Cursor.
func (p *Place) Load(context.Context) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at, nil
}

// Store implements siem.Cursor.
func (p *Place) Store(_ context.Context, at int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = at
	return nil
}
