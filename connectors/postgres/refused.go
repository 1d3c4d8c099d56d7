package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/stream"
)

// connectFault says why there is no connection. Of the URL it shows host, port
// and database only: what the driver and the server say holds more of it (L7).
func (s *settings) connectFault(err error) error {
	if errors.Is(err, context.Canceled) {
		return err // who interrupts need not be told why
	}
	where := s.where()
	url := s.place() + ".url"
	var pg *pgconn.PgError
	if hint := s.tlsHint(err); hint != "" {
		return s.refused("tls", fmt.Sprintf("no connection to %s under this sslmode: %v", where, cause(err)), hint)
	}
	if !errors.As(err, &pg) {
		return s.refused("unreachable", fmt.Sprintf("no connection to %s: %v", where, cause(err)),
			s.tool("pg_isready")+"\nor correct host and port in "+url)
	}
	db := s.conn.Database
	switch {
	case pg.Code == "28P01":
		return s.refused("login", where+" refuses user and password", "correct them in "+url+"; to try them: "+s.tool("psql")+" -d "+db+" -U USER")
	case strings.HasPrefix(pg.Code, "28"):
		return s.refused("login", where+" does not let this user into database "+db+" from here",
			"correct the user in "+url+", or let it in: SHOW hba_file;  -- on the server, and SELECT pg_reload_conf(); after a change")
	case pg.Code == "3D000":
		return s.refused("database", where+" has no database "+db, "correct it in "+url+"; to list what there is: "+s.tool("psql")+" -U USER -l")
	case pg.Code == "42501":
		return s.refused("database", where+" does not let this user connect to database "+db,
			"GRANT CONNECT ON DATABASE "+quoteIdent(db)+" TO USER;")
	}
	why := "SQLSTATE " + pg.Code
	if isClear(pg) && (s.conn.User == "" || !strings.Contains(pg.Message, s.conn.User)) {
		why = pg.Message
	}
	return s.refused("unreachable", where+" refuses the connection: "+why, s.tool("pg_isready")+"\nor see the server's log")
}

// tlsHint is what to do where the server was reached and TLS was not agreed on; ""
// for any other reason.
func (s *settings) tlsHint(err error) string {
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		return "name the authority that signed the server's certificate: sslrootcert=FILE in " + s.place() + ".url, or the host as the certificate has it"
	case strings.Contains(cause(err).Error(), "refused TLS"):
		return "the server speaks no TLS, and sslmode in " + s.place() + ".url demands it: ALTER SYSTEM SET ssl = on;  -- with a certificate" +
			"\nor, on a network that you trust, sslmode=disable"
	}
	return ""
}

// place is the source in lethe.yaml.
func (s *settings) place() string { return "sources." + s.source }

func (s *settings) refused(code, msg, hint string) *stream.Fault {
	return s.fault(code, s.place(), msg, hint)
}

// where is the server: host and port, or the directory of its socket.
func (s *settings) where() string {
	return net.JoinHostPort(s.conn.Host, strconv.Itoa(int(s.conn.Port)))
}

// tool is a command of PostgreSQL's that asks the same server.
func (s *settings) tool(name string) string {
	return fmt.Sprintf("%s -h %s -p %d", name, s.conn.Host, s.conn.Port)
}

// cause is the innermost error: outer ones of the driver quote the URL.
func cause(err error) error {
	for {
		var next error
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			next = e.Unwrap()
		case interface{ Unwrap() []error }:
			next = e.Unwrap()[0]
		}
		if next == nil {
			return err
		}
		err = next
	}
}
