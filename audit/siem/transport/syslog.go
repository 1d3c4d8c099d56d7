package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"time"

	"lethe/audit/siem"
)

// Syslog sends events over TCP with octet counting (RFC 6587 §3.4.1), over TLS as RFC
// 5425 says. Syslog has no acknowledgement. A batch counts as sent once the receiver's
// system has acknowledged all its bytes (on Linux; elsewhere once they are written), and
// a connection is ended only when the receiver has read all. What a receiver that is
// killed had in its buffers and did not keep is lost, without anybody knowing: use a
// transport with an acknowledgement where that matters.
type Syslog struct {
	Address string `yaml:"address,required"` // host:port
	Plain   bool   `yaml:"plain"`            // without TLS
	CA      string `yaml:"ca"`
	Cert    string `yaml:"cert"` // of this client
	Key     string `yaml:"key"`
}

// Check implements Settings.
func (s *Syslog) Check(fault func(key, msg, hint string)) {
	host, _, err := net.SplitHostPort(s.Address)
	switch {
	case s.Address == "":
	case err != nil:
		fault("address", "this is not host:port", "write address: siem.internal:6514")
	case s.Plain && !loopback(host):
		fault("plain", "events would cross the network in clear", "take plain: out, and let the receiver speak TLS (port 6514)")
	}
	if (s.Cert == "") != (s.Key == "") {
		fault("cert", "a certificate and its key go together", "write cert: and key:")
	}
}

// Paths implements Settings.
func (s *Syslog) Paths() []*string { return []*string{&s.CA, &s.Cert, &s.Key} }

// Open implements Settings.
func (s *Syslog) Open(env siem.Env) (siem.Transport, error) {
	t := &syslog{Syslog: *s, wrapped: env.Format.Name != "rfc5424"}
	if !s.Plain {
		var err error
		if t.tls, err = clientTLS(s.CA, s.Cert, s.Key); err != nil {
			return nil, err
		}
		host, _, _ := net.SplitHostPort(s.Address) // Check has seen that it is host:port
		t.tls.ServerName = host
	}
	return t, nil
}

type syslog struct {
	Syslog
	tls     *tls.Config
	wrapped bool // the format is no syslog message and is put into one
	conn    net.Conn
	gone    chan error // when the receiver ended the connection
	buf     []byte
	msg     []byte
}

// Send implements siem.Transport.
func (t *syslog) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	if err := t.dial(ctx); err != nil {
		return siem.Sent{}, err
	}
	select {
	case err := <-t.gone:
		return siem.Sent{}, fmt.Errorf("syslog: the receiver ended the connection: %w", err)
	default:
	}
	t.buf = t.buf[:0]
	for _, i := range batch {
		t.msg = t.message(i)
		t.buf = append(strconv.AppendInt(t.buf, int64(len(t.msg)), 10), ' ')
		t.buf = append(t.buf, t.msg...)
	}
	deadline, _ := ctx.Deadline()
	t.conn.SetWriteDeadline(deadline)
	if _, err := t.conn.Write(t.buf); err != nil {
		return siem.Sent{}, fmt.Errorf("syslog: %w", err)
	}
	return siem.Sent{}, t.taken(ctx)
}

// taken waits until the receiver's system has all bytes.
func (t *syslog) taken(ctx context.Context) error {
	for pause := 100 * time.Microsecond; ; pause = min(2*pause, 50*time.Millisecond) {
		n, err := unacknowledged(t.conn)
		if err == nil && n == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("syslog: %w", err)
		}
		select {
		case err := <-t.gone:
			return fmt.Errorf("syslog: the receiver ended the connection: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("syslog: %d bytes are not acknowledged: %w", n, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// message is an event as a syslog message.
func (t *syslog) message(i siem.Item) []byte {
	if !t.wrapped {
		return i.Body
	}
	b := append(t.msg[:0], "<110>1 "...)
	b = i.Event.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, " - lethe - - - "...)
	return append(b, i.Body...)
}

// dial connects, unless it is connected.
func (t *syslog) dial(ctx context.Context) error {
	if t.conn != nil {
		return nil
	}
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	var conn net.Conn
	var err error
	if t.tls != nil {
		conn, err = (&tls.Dialer{NetDialer: d, Config: t.tls}).DialContext(ctx, "tcp", t.Address)
	} else {
		conn, err = d.DialContext(ctx, "tcp", t.Address)
	}
	if err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	t.conn, t.gone = conn, make(chan error, 1)
	go func(gone chan<- error) {
		// A receiver of syslog says nothing: what comes back is the connection's end.
		var b [1]byte
		for {
			if _, err := conn.Read(b[:]); err != nil {
				gone <- err
				return
			}
		}
	}(t.gone)
	return nil
}

// Close implements siem.Transport: it ends its half of the connection and waits until
// the receiver has read all and ended the other.
func (t *syslog) Close(ctx context.Context) error {
	if t.conn == nil {
		return nil
	}
	defer t.conn.Close()
	ends := []net.Conn{t.conn}
	if c, ok := t.conn.(*tls.Conn); ok {
		ends = append(ends, c.NetConn()) // rsyslog answers the end of this alone
	}
	for _, end := range ends {
		if half, ok := end.(interface{ CloseWrite() error }); ok && half.CloseWrite() != nil {
			return nil // it broke: Send has told so, or there was nothing on its way
		}
	}
	select {
	case <-t.gone:
	case <-ctx.Done():
	}
	return nil
}
