package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"lethe/audit/siem"
	"lethe/stream"
)

// Email sends events that matter to people, those of a minute in one mail. A batch
// counts as sent once the server has taken the mail; one that is sent again has the
// same Message-ID.
type Email struct {
	Address  string        `yaml:"address,required"` // host:port of the server
	From     string        `yaml:"from,required"`
	To       []string      `yaml:"to,required"`
	User     string        `yaml:"user"`
	Password stream.Value  `yaml:"password"`
	CA       string        `yaml:"ca"`
	Every    time.Duration `yaml:"every"`
}

// Check implements Settings.
func (m *Email) Check(fault func(key, msg, hint string)) {
	if _, _, err := net.SplitHostPort(m.Address); err != nil && m.Address != "" {
		fault("address", "this is not host:port", "write address: mail.internal:587")
	}
	for key, list := range map[string][]string{"from": {m.From}, "to": m.To} {
		for _, a := range list {
			if p, err := mail.ParseAddress(a); a != "" && (err != nil || p.Address != a) {
				fault(key, "this is no address of mail", "write "+key+": soc@example.org")
				break
			}
		}
	}
	if (m.User == "") != (len(m.Password.Reveal()) == 0) {
		fault("user", "a user and a password go together", "write user: and password:")
	}
	checkEvery(m.Every, fault)
}

// Paths implements Settings.
func (m *Email) Paths() []*string { return []*string{&m.CA} }

// Pace implements Paced.
func (m *Email) Pace() (time.Duration, int, int) { return m.Every, 200, 256 << 10 }

// Open implements Settings.
func (m *Email) Open(env siem.Env) (siem.Transport, error) {
	conf, err := clientTLS(m.CA, "", "")
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(m.Address)
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	conf.ServerName = host
	return &email{Email: *m, tls: conf, host: host, env: env}, nil
}

type email struct {
	Email
	tls  *tls.Config
	host string
	env  siem.Env
}

// Send implements siem.Transport.
func (t *email) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return siem.Sent{}, fmt.Errorf("email: %w", err)
	}
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		conn.SetDeadline(at)
	}
	c, err := smtp.NewClient(conn, t.host)
	if err != nil {
		return siem.Sent{}, told(err)
	}
	defer c.Close()
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(t.tls); err != nil {
			return siem.Sent{}, told(err)
		}
	} else if !loopback(t.host) {
		return siem.Sent{}, errors.New("email: the server speaks no TLS, and events would cross the network in clear")
	}
	if t.User != "" {
		if err := c.Auth(smtp.PlainAuth("", t.User, string(t.Password.Reveal()), t.host)); err != nil {
			return siem.Sent{}, told(err)
		}
	}
	return siem.Sent{}, told(t.hand(c, t.mail(batch)))
}

// hand gives a mail to the server.
func (t *email) hand(c *smtp.Client, text string) error {
	if err := c.Mail(t.From); err != nil {
		return err
	}
	for _, to := range t.To {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	c.Quit() // the server has the mail, whatever it says to this
	return nil
}

// told is an error without what the server said, which may repeat an address (L7).
func told(err error) error {
	var said *textproto.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return fmt.Errorf("email: the server answered %d", said.Code)
	}
	return fmt.Errorf("email: %w", err)
}

// mail is the text of a mail about a batch.
func (t *email) mail(batch []siem.Item) string {
	top := batch[0].Event
	for _, i := range batch {
		if i.Event.Severity > top.Severity {
			top = i.Event
		}
	}
	_, domain, _ := strings.Cut(t.From, "@")
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: Lethe %s: %s (%s)", t.From, strings.Join(t.To, ", "), t.env.Workspace, top.Action.Title(), top.Severity)
	if len(batch) > 1 {
		fmt.Fprintf(&b, " and %d more", len(batch)-1)
	}
	fmt.Fprintf(&b, "\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
		t.env.Now().UTC().Format(time.RFC1123Z), batchID(batch)[:32], domain)
	for _, i := range batch {
		e := i.Event
		fmt.Fprintf(&b, "%s  %s  %s, %s\r\n", e.Time.UTC().Format(time.RFC3339), e.Action.Title(), e.Severity, e.Outcome)
		for _, kv := range [][2]string{{"connection", e.Connection}, {"source", e.Source}, {"stream", e.Stream}, {"policy", e.Policy}, {"worker", e.Worker}, {"entry", e.Entry}, {"event", e.ID}} {
			if kv[1] != "" {
				fmt.Fprintf(&b, "    %-10s  %s\r\n", kv[0], kv[1])
			}
		}
		if e.Log.Index >= 0 {
			fmt.Fprintf(&b, "    %-10s  %s, leaf %d\r\n", "log", e.Log.Origin, e.Log.Index)
		}
	}
	return b.String()
}

// Close implements siem.Transport.
func (t *email) Close(context.Context) error { return nil }
