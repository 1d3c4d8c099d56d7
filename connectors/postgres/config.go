package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/connectors"
	"lethe/stream"
)

// maxName is the longest name that PostgreSQL keeps, in bytes.
const maxName = 63

// settings are the options after they were checked.
type settings struct {
	source      string // name in lethe.yaml
	conn        *pgconn.Config
	globs       []glob
	slot        string
	usual       string // name of a slot that is not named
	publication string
	inserts     string // publication of tables of which only inserts can be had
	create      bool
	snapshot    bool
	chunkRows   int
	heartbeat   time.Duration
	resnapshot  bool
}

// session settings under which a value has one text form only, in the stream as
// in the snapshot. row_security off makes a table that shows some of its rows
// only an error.
var sessionParams = map[string]string{
	"datestyle":                           "ISO",
	"timezone":                            "UTC",
	"intervalstyle":                       "postgres",
	"bytea_output":                        "hex",
	"extra_float_digits":                  "3",
	"lc_monetary":                         "C",
	"client_encoding":                     "UTF8",
	"search_path":                         "pg_catalog",
	"statement_timeout":                   "0",
	"lock_timeout":                        "0",
	"default_transaction_read_only":       "off",
	"idle_in_transaction_session_timeout": "0",
	"row_security":                        "off",
	"synchronous_commit":                  "local", // what we write need not wait for a standby
	"application_name":                    "lethe",
}

// parse checks the options and tells every fault at once.
func parse(env connectors.Env, c connectors.Config) (*settings, error) {
	var faults []error
	fault := func(code, path, msg, hint string) {
		faults = append(faults, &stream.Fault{Code: code, Path: "sources." + env.Name + "." + path, Msg: msg, Hint: hint})
	}
	base := strings.ReplaceAll("lethe_"+env.Workspace+"_"+env.Name, "-", "_")
	s := &settings{
		source:      env.Name,
		usual:       base,
		slot:        or(c.Text("slot"), base),
		publication: or(c.Text("publication"), base),
		create:      c.Flag("create"),
		snapshot:    c.Flag("snapshot"),
		chunkRows:   int(c.Number("chunk_rows")),
		heartbeat:   c.Duration("heartbeat"),
		resnapshot:  c.Flag("resnapshot"),
	}
	s.inserts = s.publication + "_inserts"
	conn, err := pgconn.ParseConfig(string(c.Secret("url").Reveal()))
	if err != nil {
		// The parser's error quotes the URL: L7.
		fault("postgres.url", "url", "this is not a PostgreSQL connection URL", "write postgres://user:password@host:5432/database")
	} else {
		for k, v := range sessionParams {
			conn.RuntimeParams[k] = v
		}
		s.conn = conn
	}
	if !regexp.MustCompile(`^[a-z0-9_]{1,63}$`).MatchString(s.slot) {
		fault("postgres.slot_name", "slot", fmt.Sprintf("%q cannot name a slot", s.slot), "use at most 63 of a-z, 0-9 and _")
	}
	if len(s.inserts) > maxName {
		fault("postgres.publication_name", "publication", fmt.Sprintf("%q is too long for a publication", s.publication), "use at most 55 bytes")
	}
	for _, text := range c.List("streams") {
		g, err := parseGlob(text)
		if err != nil {
			fault("postgres.streams", "streams", fmt.Sprintf("%q: %v", text, err), "write schema.table, such as public.customer or public.*")
			continue
		}
		s.globs = append(s.globs, g)
	}
	if len(c.List("streams")) == 0 {
		fault("postgres.streams", "streams", "no tables are named", `write streams: ["public.*"]`)
	}
	if s.chunkRows < 1 {
		fault("postgres.chunk_rows", "chunk_rows", "a chunk needs at least one row", "write chunk_rows: 10000")
	}
	if s.heartbeat < 10*time.Millisecond {
		fault("postgres.heartbeat", "heartbeat", "the heartbeat is too short", "write heartbeat: 10s")
	}
	return s, errors.Join(faults...)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// glob selects tables; its parts are matched as a whole.
type glob struct {
	text          string
	schema, table *regexp.Regexp
	wild          bool
}

func parseGlob(text string) (glob, error) {
	schema, table, ok := strings.Cut(text, ".")
	if !ok || schema == "" || table == "" {
		return glob{}, errors.New("not a schema and a table")
	}
	part := func(s string) *regexp.Regexp {
		q := regexp.QuoteMeta(s)
		q = strings.ReplaceAll(strings.ReplaceAll(q, `\*`, `.*`), `\?`, `.`)
		return regexp.MustCompile("(?s)^" + q + "$")
	}
	return glob{text: text, schema: part(schema), table: part(table), wild: strings.ContainsAny(text, "*?")}, nil
}

func (g glob) match(schema, table string) bool {
	return g.schema.MatchString(schema) && g.table.MatchString(table)
}

func (s *settings) selects(schema, table string) bool {
	for _, g := range s.globs {
		if g.match(schema, table) {
			return true
		}
	}
	return false
}

// quiet is a logger for callers that gave none.
func quiet(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
