package transport

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lethe/audit/siem/siemtest"
)

// relay is a syslog receiver that reads counted messages (RFC 5425 §4.3).
func relay(t *testing.T, l net.Listener) <-chan string {
	t.Helper()
	got := make(chan string, 10_000)
	t.Cleanup(func() { l.Close() })
	go func() {
		defer close(got)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for r := bufio.NewReader(conn); ; {
				count, err := r.ReadString(' ')
				if err != nil {
					break
				}
				n, err := strconv.Atoi(strings.TrimSuffix(count, " "))
				msg := make([]byte, n)
				if _, rerr := io.ReadFull(r, msg); err != nil || rerr != nil {
					got <- fmt.Sprintf("broken: %v %v", err, rerr)
					break
				}
				got <- string(msg)
			}
			conn.Close()
		}
	}()
	return got
}

func TestL2SyslogHasReadAllWhenTheConnectionEnds(t *testing.T) {
	cert, ca := siemtest.Certificate(t)
	for _, format := range []string{"rfc5424", "cef"} {
		for _, plain := range []bool{true, false} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := &Syslog{Address: l.Addr().String(), Plain: plain, CA: ca}
			if !plain {
				l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
			}
			got := relay(t, l)
			e := env(t, format)
			to := open(t, s, e)
			b := batch(e, 100)
			if _, err := to.Send(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if err := to.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, i := range b {
				if msg := <-got; !strings.HasSuffix(msg, string(i.Body)) || format == "rfc5424" && msg != string(i.Body) || !strings.HasPrefix(msg, "<1") {
					t.Fatalf("%s, plain %t: got %q, want %q", format, plain, msg, i.Body)
				}
			}
		}
	}
}

func TestASyslogReceiverWithAnotherCertificateGetsNothing(t *testing.T) {
	cert, _ := siemtest.Certificate(t)
	_, other := siemtest.Certificate(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	got := relay(t, l)
	e := env(t, "rfc5424")
	if _, err := open(t, &Syslog{Address: l.Addr().String(), CA: other}, e).Send(t.Context(), batch(e, 1)); err == nil {
		t.Error("a receiver that nobody vouches for has the batch")
	}
	l.Close()
	for msg := range got {
		t.Errorf("it got %q", msg)
	}
}

func TestASyslogReceiverThatWentAwayIsAnErrorOfTheNextBatch(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := env(t, "rfc5424")
	to := open(t, &Syslog{Address: l.Addr().String(), Plain: true}, e)
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	b := batch(e, 1)
	if _, err := to.Send(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	(<-accepted).Close()
	l.Close()
	gone := to.(*syslog).gone
	gone <- <-gone // it is seen
	if _, err := to.Send(t.Context(), b); err == nil {
		t.Error("a receiver that went away has the batch")
	}
}

// A receiver that reads late: Send returns when its system has the bytes, and Close when it
// has read them itself.
func TestL2SyslogWaitsForASlowReceiver(t *testing.T) {
	for name, buffer := range map[string]int{"a system that takes little": 16 << 10, "a system that takes all": 1 << 20} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var read atomic.Int64
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			conn.(*net.TCPConn).SetReadBuffer(buffer)
			time.Sleep(300 * time.Millisecond)
			for buf := make([]byte, 4096); ; {
				n, err := conn.Read(buf)
				if read.Add(int64(n)); err != nil {
					return
				}
			}
		}()
		e := env(t, "rfc5424")
		to := open(t, &Syslog{Address: l.Addr().String(), Plain: true}, e).(*syslog)
		sent, b := 0, batch(e, 10)
		for _, i := range b {
			sent += len(strconv.Itoa(len(i.Body))) + 1 + len(i.Body)
		}
		if _, err := to.Send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if n, err := unacknowledged(to.conn); n != 0 || err != nil {
			t.Errorf("%s: sent, and %d bytes are on their way: %v", name, n, err)
		}
		if err := to.Close(t.Context()); err != nil || read.Load() != int64(sent) {
			t.Errorf("%s: closed, and %d bytes of %d are read: %v", name, read.Load(), sent, err)
		}
	}
}
