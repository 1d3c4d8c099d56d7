package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"lethe/audit"
	"lethe/audit/verify"
	"lethe/cmd/internal/config"
	"lethe/cmd/internal/demo"
	"lethe/cmd/internal/shop"
	"lethe/cmd/internal/wire"
	"lethe/connectors/parquet/replay"
	"lethe/stream"
)

const demoUsage = `usage: lethe demo [--keep DIR] [--force] [--postgres URL]

Makes an invented shop with 100,000 customers and 300,000 orders in SQLite,
streams it into Parquet with personal data masked under pdpa-th and gdpr, then
changes it and streams again; verifies the log; and shows that a changed byte
is found. What it made stays in ./lethe-demo, so that every other verb can be tried
on it. It needs no server.

  --keep DIR       where to make it, by default ./lethe-demo
  --force          replace what an earlier demo made there
  --postgres URL   put the shop into a schema lethe_demo of this PostgreSQL
                   (wal_level=logical) and stream it by logical replication
  --customers N    a smaller or larger shop; orders are three times as many
`

// demoVerb is the state of a demo while it runs.
type demoVerb struct {
	io       streams
	dir      string
	url      string // of PostgreSQL; "" for SQLite
	force    bool
	shop     shop.Config
	began    time.Time
	folder   *config.Folder
	redacted map[string]int64            // values under names that no contract lists, by stream
	before   map[int64]map[string]string // clear rows that are shown, by customer
}

func demonstrate(ctx context.Context, io streams, args []string) error {
	f := newFlags(demoUsage)
	keep := f.String("keep", "lethe-demo", "")
	force := f.Bool("force", false, "")
	url := f.String("postgres", "", "")
	customers := f.Int("customers", 100_000, "")
	if _, err := f.parse(io, args); err != nil {
		return err
	}
	if f.NArg() > 0 || *customers < 100 {
		return &stream.Fault{Code: "cli.args", Msg: "the demo takes no folder, and at least 100 customers", Hint: "lethe demo --keep DIR"}
	}
	d := &demoVerb{io: io, dir: *keep, url: *url, force: *force, began: time.Now(), redacted: map[string]int64{},
		shop: shop.Config{Customers: *customers, Orders: 3 * *customers, Seed: 1}}
	if err := d.clear(*force); err != nil {
		return err
	}
	return d.run(ctx)
}

func (d *demoVerb) say(format string, args ...any) { fmt.Fprintf(d.io.out, format+"\n", args...) }

// clear readies the folder: it must be empty, or what a demo made.
func (d *demoVerb) clear(force bool) error {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return environment(d.dir, err)
	}
	if !force {
		return &stream.Fault{Code: "demo.not_empty", Path: d.dir, Msg: "is not empty", Hint: "lethe demo --force   (replaces it)\nlethe demo --keep OTHER"}
	}
	if !exists(filepath.Join(d.dir, demoMark)) {
		return &stream.Fault{Code: "demo.not_ours", Path: d.dir, Msg: "was not made by lethe demo, so --force does not replace it", Hint: "lethe demo --keep OTHER"}
	}
	return os.RemoveAll(d.dir)
}

// demoMark is the file by which a folder is known to be a demo's.
const demoMark = ".lethe-demo"

func (d *demoVerb) run(ctx context.Context) error {
	steps := []func(context.Context) error{d.makeShop, d.makeFolder, d.stream, d.change, d.stream, d.showRows, d.verify, d.tamper}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.say("\nAll of this took %s. Look around:", time.Since(d.began).Round(100*time.Millisecond))
	d.say("  %-38s the policy, and what it decides about a field:", filepath.Join(d.dir, config.Policy))
	d.say("    lethe check %s --explain %s", d.dir, d.streamName("customer")+"/email")
	d.say("  %-38s masked rows, one folder of Parquet files", filepath.Join(d.dir, "lake"))
	d.say("  %-38s anyone checks the log with it:", filepath.Join(d.dir, config.PublicKey))
	d.say("    lethe verify %s", d.dir)
	if d.url != "" {
		d.say("  The slot keeps the server's WAL until it is dropped:\n    SELECT pg_drop_replication_slot('lethe_demo_shop'); DROP SCHEMA lethe_demo CASCADE;")
	}
	return nil
}

// open opens the shop's database.
func (d *demoVerb) open() (*sql.DB, shop.Dialect, error) {
	if d.url != "" {
		config, err := pgx.ParseConfig(d.url)
		if err != nil {
			// L7: the driver's error shows the URL.
			return nil, 0, &stream.Fault{Code: "demo.postgres", Path: "--postgres", Msg: "not a PostgreSQL URL", Hint: "lethe demo --postgres postgres://user@host/database"}
		}
		config.RuntimeParams["search_path"] = demoSchema
		return stdlib.OpenDB(*config), shop.Postgres, nil
	}
	db, err := sql.Open("sqlite", filepath.Join(d.dir, "shop.db"))
	return db, shop.SQLite, err
}

func (d *demoVerb) makeShop(ctx context.Context) error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return environment(d.dir, err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, demoMark), nil, 0o644); err != nil {
		return environment(d.dir, err)
	}
	db, dialect, err := d.open()
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	defer db.Close()
	if d.url != "" {
		if err := d.clearSchema(ctx, db); err != nil {
			return err
		}
	}
	p := d.progress("make the shop")
	err = shop.Create(ctx, db, dialect, d.shop, func(done, total int) { p.show("%d of %d rows", done, total) })
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	p.done("%d customers and %d orders of an invented shop", d.shop.Customers, d.shop.Orders)
	d.before, err = clearRows(ctx, db, d.schema())
	return err
}

// demoSchema is the schema of the shop in PostgreSQL.
const demoSchema = "lethe_demo"

// clearSchema makes the schema, and drops what an earlier demo left in it: its
// slot holds the position of a folder that is gone.
func (d *demoVerb) clearSchema(ctx context.Context, db *sql.DB) error {
	var there bool
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", demoSchema).Scan(&there); err != nil {
		return &stream.Fault{Code: "demo.postgres", Path: "--postgres", Msg: "no connection to the server", Hint: "psql URL -c 'SELECT 1'   (says why)", Exit: stream.ExitEnvironment}
	}
	if there && !d.force {
		return &stream.Fault{Code: "demo.not_empty", Path: "schema " + demoSchema, Msg: "is there already", Hint: "lethe demo --force --postgres URL   (replaces it)"}
	}
	for _, sql := range []string{
		"DROP SCHEMA IF EXISTS " + demoSchema + " CASCADE",
		"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" + demoSlot + "'",
		"CREATE SCHEMA " + demoSchema,
	} {
		if _, err := db.ExecContext(ctx, sql); err != nil {
			return fmt.Errorf("shop: make its schema: %w", err)
		}
	}
	return nil
}

// demoSlot is the replication slot of the demo.
const demoSlot = "lethe_demo_shop"

// schema is the schema of the shop's tables.
func (d *demoVerb) schema() string {
	if d.url != "" {
		return demoSchema
	}
	return "main"
}

func (d *demoVerb) streamName(table string) string { return "shop." + d.schema() + "." + table }

// clearRows reads the rows that are shown at the end: one customer of each
// country group.
func clearRows(ctx context.Context, db *sql.DB, schema string) (map[int64]map[string]string, error) {
	out := map[int64]map[string]string{}
	for _, country := range []string{"TH", "SG", "DE"} {
		row := db.QueryRowContext(ctx, "SELECT id, full_name, email, phone, national_id, card_number, city, birth_date, notes FROM "+schema+
			".customer WHERE country = '"+country+"' AND notes IS NOT NULL AND id > 50 ORDER BY id LIMIT 1")
		var id int64
		v := make([]sql.NullString, 8)
		if err := row.Scan(&id, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]); err != nil {
			return nil, fmt.Errorf("shop: read a customer of %s: %w", country, err)
		}
		out[id] = map[string]string{"id": fmt.Sprint(id), "country": country}
		for i, name := range []string{"full_name", "email", "phone", "national_id", "card_number", "city", "birth_date", "notes"} {
			out[id][name] = strings.TrimSuffix(v[i].String, "T00:00:00Z")
		}
	}
	return out, nil
}

func (d *demoVerb) makeFolder(ctx context.Context) error {
	if _, err := makeFolder(d.dir, skeleton{Workspace: "demo", Purpose: "analytics"}); err != nil {
		return err
	}
	source := "{connector: sqlite, path: ./shop.db, cursor_column: updated_at, poll: 1s}"
	if d.url != "" {
		source = `{connector: postgres, url: "${LETHE_DEMO_URL}", streams: ["lethe_demo.*"], slot: ` + demoSlot + `}`
	}
	files := map[string]string{
		config.FileName: fmt.Sprintf(demoConfig, source),
		config.Policy:   fmt.Sprintf(demoPolicy, d.streamName("customer"), d.streamName("orders")),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644); err != nil {
			return environment(filepath.Join(d.dir, name), err)
		}
	}
	quiet := d.io
	quiet.out, quiet.env = io.Discard, d.env
	if err := discover(ctx, quiet, []string{d.dir}); err != nil {
		return err
	}
	var err error
	d.folder, err = config.Load(d.dir, d.env)
	return err
}

func (d *demoVerb) env(name string) (string, bool) {
	if name == "LETHE_DEMO_URL" && d.url != "" {
		return d.url, true
	}
	return d.io.env(name)
}

const demoConfig = `# What lethe demo streams, as one would write it.
workspace: demo
kafka: embedded
keyring: {file: ./keys}
audit: {log: ./log}
sources:
  shop: %s
sinks:
  lake: {connector: parquet, url: ./lake, region: TH, roll_every: 2s, clearance: [public, internal, financial, pii-pseudo]}
connections:
  shop-lake: {from: shop, to: lake, purpose: analytics, policy: policy.yaml}
`

const demoPolicy = `packs: [pdpa-th, gdpr]
subjects:
  %s: {key: id}
  %s: {key: customer_id}
mask:
  elements:
    "id.*": {hmac: {}}
    contact.email: {hmac: {}}
    contact.phone: {partial: {keep_last: 3}}
    finance.card: {partial: {keep_last: 4}}
    address.city: keep
    address.country: keep
    "commerce.*": keep
    time.event: keep
  default: redact
`

// stream carries what the shop holds into the lake, and stops.
func (d *demoVerb) stream(ctx context.Context) error {
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	audit.RouteDriverLog(log)
	w, err := wire.Open(ctx, d.folder, log)
	if err != nil {
		return err
	}
	defer w.Close()
	w.Unknown = func(_, name string, n int64) { d.redacted[name] += n }
	began := time.Now()
	p := d.progress("stream, mask, load")
	var last wire.Progress
	err = w.Once(ctx, func(now wire.Progress) {
		last = now
		p.show("%d ingested, %d masked, %d in the lake", now.Ingested, now.Masked, now.Loaded)
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	p.done("%d records through every hop, %.0f rows/s", last.Loaded, float64(last.Loaded)/took.Seconds())
	for name, n := range d.redacted {
		d.say("  new column           %s has one that no policy knows: its name and %d values are redacted", name, n)
	}
	return nil
}

func (d *demoVerb) change(ctx context.Context) error {
	db, dialect, err := d.open()
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	defer db.Close()
	s, err := shop.Mutate(ctx, db, dialect, shop.Changes{Seed: 2})
	if err != nil {
		return fmt.Errorf("shop: change: %w", err)
	}
	d.say("  the shop goes on: %d rows updated, %d deleted, column line_id added to customer and told by %d",
		s.CustomersUpdated+s.OrdersUpdated, s.CustomersDeleted+s.OrdersDeleted, s.LineIDs)
	return nil
}

func (d *demoVerb) showRows(context.Context) error {
	after, err := d.maskedRows()
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(d.before)) {
		before := d.before[id]
		var rows []demo.Row
		for _, c := range []string{"id", "full_name", "email", "phone", "national_id", "card_number", "city", "birth_date", "notes"} {
			a, ok := after[id][c]
			if !ok {
				a = "(dropped)"
			}
			rows = append(rows, demo.Row{Column: c, Before: before[c], After: a})
		}
		d.say("")
		demo.Show(d.io.out, "a customer in "+before["country"], rows)
	}
	return nil
}

// maskedRows finds the rows that are shown in the lake, by their masked key.
func (d *demoVerb) maskedRows() (map[int64]map[string]string, error) {
	ids, keys := map[string]int64{}, []string{}
	for id := range d.before {
		key := fmt.Sprintf(`{"id":%d}`, id)
		ids[key], keys = id, append(keys, key)
	}
	masked, topic, err := wire.MaskedKeys(d.folder, "shop-lake", d.streamName("customer"), keys)
	if err != nil {
		return nil, err
	}
	byMasked := map[string]int64{}
	for key, m := range masked {
		byMasked[m] = ids[key]
	}
	out := map[int64]map[string]string{}
	err = replay.Replay(filepath.Join(d.dir, "lake"), topic, func(_ int32, _ int64, _, key, _ string, columns map[string]any) error {
		id, ok := byMasked[key]
		if !ok || out[id] != nil {
			return nil
		}
		out[id] = map[string]string{}
		for name, v := range columns {
			out[id][name] = fmt.Sprint(v)
		}
		return nil
	})
	return out, err
}

func (d *demoVerb) verifyAt(ctx context.Context, log, lake string) (*verify.Report, error) {
	key, err := os.ReadFile(d.folder.PublicKeyFile())
	if err != nil {
		return nil, environment(d.folder.PublicKeyFile(), err)
	}
	return verify.Run(ctx, verify.Options{Log: log, Lakes: []string{lake}, PublicKey: strings.TrimSpace(string(key))})
}

func (d *demoVerb) verify(ctx context.Context) error {
	began := time.Now()
	r, err := d.verifyAt(ctx, d.folder.Log, filepath.Join(d.dir, "lake"))
	if err != nil {
		return err
	}
	d.say("\nwhat the receipts add up to:")
	for _, s := range r.Sources {
		d.say("  %-28s ingested %d, quarantined %d", s.Source, s.Ingested, s.Quarantined)
	}
	for _, c := range r.Connections {
		d.say("  %-28s in %d = delivered %d + quarantined %d + filtered %d + shredded %d", c.Connection, c.In, c.Delivered, c.Quarantined, c.Filtered, c.Shredded)
	}
	for _, s := range r.Streams {
		d.say("  %-28s delivered %d = in files %d (%d files) + pending %d", s.Stream, s.Delivered, s.InFiles, s.Files, s.Pending)
	}
	if !r.OK() {
		showReport(d.io, r)
		return errShown
	}
	d.say("verify: ok   (%d log entries, %d files, %d rows hashed again in %s)", r.Size, r.Files, r.Rows, time.Since(began).Round(10*time.Millisecond))
	return nil
}

// tamper changes one byte in a copy of a Parquet file and one in a copy of the
// log, and shows what verification says.
func (d *demoVerb) tamper(ctx context.Context) error {
	tmp, err := os.MkdirTemp("", "lethe-demo-")
	if err != nil {
		return environment(os.TempDir(), err)
	}
	defer os.RemoveAll(tmp)
	lake := filepath.Join(d.dir, "lake")
	for _, c := range []struct {
		what, from string
		match      func(string) bool
	}{
		{"a Parquet file", lake, func(f string) bool { return strings.HasSuffix(f, ".parquet") }},
		{"the log", d.folder.Log, func(f string) bool { return strings.HasPrefix(f, filepath.Join("tile", "entries")) }},
	} {
		copied := filepath.Join(tmp, filepath.Base(c.from))
		file, err := demo.Pick(c.from, c.match)
		if err != nil {
			return err
		}
		if err := demo.Copy(c.from, copied, file); err != nil {
			return err
		}
		at, err := demo.Flip(filepath.Join(copied, file))
		if err != nil {
			return err
		}
		log, files := d.folder.Log, copied
		if c.from != lake {
			log, files = copied, lake
		}
		r, err := d.verifyAt(ctx, log, files)
		if err != nil {
			return err
		}
		if r.OK() {
			return fmt.Errorf("one bit of %s was changed and verification did not see it", c.what)
		}
		d.say("\none bit changed in a copy of %s (%s, byte %d):", c.what, short(file), at)
		f := about(r.Findings, filepath.ToSlash(file))
		d.say("  %s %s: %s", f.Promise, f.Code, f.Msg+where(f))
	}
	return nil
}

// about picks the finding that names the file that was changed; others tell what
// follows from it.
func about(all []verify.Finding, file string) verify.Finding {
	for _, f := range all {
		if f.Object != "" && strings.HasPrefix(file, f.Object) {
			return f
		}
	}
	return all[0]
}

func short(name string) string {
	if len(name) > 60 {
		return "…" + name[len(name)-58:]
	}
	return name
}
