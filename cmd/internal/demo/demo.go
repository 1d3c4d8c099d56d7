// Package demo makes an invented shop, streams it into a lake, changes it, and
// shows what became of it: rows before and after side by side, what the receipts
// add up to, and what verification says of copies with one bit changed.
//
// It runs the rooms as any folder does; nothing in them knows of it. It shows
// clear values of the invented shop on purpose, since nobody they are about exists.
//
// Promise: L7 unprintable: beyond those rows it shows names and counts, and the
// URL of a server that it was given stands in no file and no error.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"lethe/audit/verify"
	"lethe/cmd/internal/config"
	"lethe/cmd/internal/shop"
	"lethe/cmd/internal/wire"
	"lethe/stream"
)

// Config says what to show, and where.
type Config struct {
	By        wire.Actor // who runs it
	Dir       string     // made, or replaced
	Replace   bool       // an earlier demo in Dir, and its schema in PostgreSQL
	Postgres  string     // URL of the server that holds the shop; "" for SQLite
	Customers int        // at least MinCustomers
	Out       io.Writer
	Columns   int // of the terminal that Out is; 0 if it is none
	Env       func(string) (string, bool)

	// NewFolder and Discover do what the verbs init and discover do.
	NewFolder func(dir, workspace string) error
	Discover  func(ctx context.Context, dir string, env func(string) (string, bool)) error
}

// DefaultDir is where a demo is made unless somebody says otherwise.
const DefaultDir = "lethe-demo"

// MinCustomers is the smallest shop: one of every country has to be shown.
const MinCustomers = 100

// Result is what a demo found, for who reads it by machine.
type Result struct {
	Dir      string           `json:"dir"`
	Passes   []Pass           `json:"passes"`
	Redacted map[string]int64 `json:"unknown_redacted"` // values under names that no contract lists, by stream
	Rows     []Customer       `json:"rows"`
	Report   *verify.Report   `json:"verify"`
	Tampered []Tampered       `json:"tampered"`
	Seconds  float64          `json:"seconds"`
}

// Pass is one run through all hops: of what is there, or of what changed.
type Pass struct {
	Records   int64   `json:"records"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"rows_per_second"`
}

// Refuted says that verification found something in a log or lake that nobody
// changed.
type Refuted struct{ Report *verify.Report }

func (r *Refuted) Error() string {
	return fmt.Sprintf("verification has %d findings", len(r.Report.Findings))
}

// demo is the state of a run. Only the goroutine of Run touches it.
type demo struct {
	Config
	base   shopBase
	folder *config.Folder
	clear  []Customer // the rows that are shown, before masking
	result Result
}

// Run does all of it and says so on Out. What it made stays.
func Run(ctx context.Context, c Config) (*Result, error) {
	d := &demo{Config: c, result: Result{Dir: c.Dir, Redacted: map[string]int64{}}}
	d.base = shopBase{dir: c.Dir, url: c.Postgres, size: shop.Config{Customers: c.Customers, Orders: 3 * c.Customers, Seed: 1}}
	began := time.Now()
	for _, step := range []func(context.Context) error{
		d.ready, d.makeShop, d.makeFolder, d.carry, d.change, d.carry, d.showRows, d.prove, d.tamper,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	d.result.Seconds = time.Since(began).Seconds()
	d.farewell(time.Since(began))
	return &d.result, nil
}

// Again is the command that begins a demo anew in the place of this one.
func (c Config) Again() string {
	line := "lethe demo --force"
	if c.Dir != DefaultDir {
		line += " --keep " + c.Dir
	}
	if c.Postgres != "" {
		line += " --postgres URL"
	}
	return line
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.Out, format+"\n", args...) }

// change lets the shop go on.
func (d *demo) change(ctx context.Context) error {
	s, err := d.base.change(ctx)
	if err != nil {
		return err
	}
	seen := ""
	if d.Postgres == "" {
		seen = "\na poll sees what changed twice as one change"
	}
	d.step("the shop goes on", "", "%d rows updated, %d deleted, line_id added%s", s.CustomersUpdated+s.OrdersUpdated, s.CustomersDeleted+s.OrdersDeleted, seen)
	return nil
}

// farewell says where everything is and what to type next.
func (d *demo) farewell(took time.Duration) {
	customer := d.base.stream("customer")
	d.say("\nAll of this took %s. It stays in %s:", took.Round(100*time.Millisecond), d.Dir)
	for _, f := range [][3]string{
		{config.Policy, "the policy, and what it decides about a field", "lethe check " + d.Dir + " --explain " + customer + "/email"},
		{"contracts", "what each column is; the new one is in none", "lethe discover " + d.Dir},
		{"lake", "masked rows in Parquet files", ""},
		{config.PublicKey, "with it anyone checks log and lake, offline", "lethe verify " + d.Dir},
	} {
		d.say("  %-12s %s", f[0], f[1])
		if f[2] != "" {
			d.say("  %-12s $ %s", "", f[2])
		}
	}
	if d.Postgres != "" {
		d.say("Other verbs read the server's URL from the environment: export %s=…\n"+
			"The slot keeps the server's WAL until somebody drops it:\n"+
			"  SELECT pg_drop_replication_slot('%s');\n  DROP SCHEMA %s CASCADE;", urlVariable, slot, schema)
	}
}

// environment is a fault of the machine at a file.
func environment(path string, err error) error {
	return &stream.Fault{Code: "demo.file", Path: path, Msg: cause(err), Hint: "lethe demo --keep OTHER   (somewhere that you may write)", Exit: stream.ExitEnvironment}
}

// cause is what the system says, without the file that it names again.
func cause(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return err.Error()
}
