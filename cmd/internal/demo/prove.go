package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lethe/audit/verify"
)

// prove verifies log and lake with the public key, and shows what the receipts
// add up to.
func (d *demo) prove(ctx context.Context) error {
	began := time.Now()
	r, err := d.verify(ctx, d.folder.Log, d.lake())
	if err != nil {
		return err
	}
	d.result.Report = r
	d.addUp(r)
	if !r.OK() {
		return &Refuted{r}
	}
	d.say("verify: ok   (%d log entries; %d files, %d rows hashed again in %s)", r.Size, r.Files, r.Rows, time.Since(began).Round(10*time.Millisecond))
	return nil
}

// addUp shows the equations that verification checked.
func (d *demo) addUp(r *verify.Report) {
	d.say("\nwhat the receipts add up to:")
	// A connection has one source, so its streams go without that name.
	short := func(stream string) string { return stream[strings.IndexByte(stream, '.')+1:] }
	name := 18
	for _, s := range r.Streams {
		name = max(name, len("  "+short(s.Stream)))
	}
	row := func(who string, in, delivered, quarantined, filtered, shredded any) {
		d.say("  %-*s %7v = %9v + %11v + %8v + %8v", name, who, in, delivered, quarantined, filtered, shredded)
	}
	for _, s := range r.Sources {
		d.say("  %-*s ingested %d, quarantined %d", name, s.Source, s.Ingested, s.Quarantined)
	}
	row("", "in", "delivered", "quarantined", "filtered", "shredded")
	for _, c := range slices.DeleteFunc(slices.Clone(r.Connections), verify.ConnectionCount.Empty) {
		row(c.Connection, c.In, c.Delivered, c.Quarantined, c.Filtered, c.Shredded)
		for _, s := range r.Streams {
			if s.Connection == c.Connection {
				row("  "+short(s.Stream), s.In, s.Delivered, s.Quarantined, s.Filtered, s.Shredded)
			}
		}
	}
	d.say("  %-*s %9s = %11s + %8s", name+10, "", "delivered", "in files", "pending")
	for _, s := range r.Topics {
		d.say("    %-*s %9d = %11d + %8d", name+8, short(s.Stream), s.Delivered, s.InFiles, s.Pending)
	}
}

func (d *demo) lake() string { return filepath.Join(d.Dir, "lake") }

func (d *demo) verify(ctx context.Context, log, lake string) (*verify.Report, error) {
	key, err := os.ReadFile(d.folder.PublicKeyFile())
	if err != nil {
		return nil, environment(d.folder.PublicKeyFile(), err)
	}
	return verify.Run(ctx, verify.Options{Log: log, Lakes: []string{lake}, PublicKey: strings.TrimSpace(string(key))})
}

// Tampered is a copy in which one bit was changed, and what verification says.
type Tampered struct {
	What    string         `json:"what"`
	File    string         `json:"file"`
	Byte    int64          `json:"byte"`
	Finding verify.Finding `json:"finding"`
}

// tamper changes one bit in a copy of the lake, and one in a copy of the log.
func (d *demo) tamper(ctx context.Context) error {
	tmp, err := os.MkdirTemp("", "lethe-demo-")
	if err != nil {
		return environment(os.TempDir(), err)
	}
	defer os.RemoveAll(tmp)
	lake, log := filepath.Join(tmp, "lake"), filepath.Join(tmp, "log")
	file, at, err := spoil(d.lake(), lake, func(f string) bool { return strings.HasSuffix(f, ".parquet") })
	if err != nil {
		return err
	}
	if err := d.refute(ctx, "a Parquet file", file, at, d.folder.Log, lake); err != nil {
		return err
	}
	file, at, err = spoil(d.folder.Log, log, func(f string) bool { return strings.HasPrefix(f, filepath.Join("tile", "entries")) })
	if err != nil {
		return err
	}
	return d.refute(ctx, "the log", file, at, log, d.lake())
}

// refute shows that verification names the file that was changed.
func (d *demo) refute(ctx context.Context, what, file string, at int64, log, lake string) error {
	r, err := d.verify(ctx, log, lake)
	if err != nil {
		return err
	}
	if r.OK() {
		return fmt.Errorf("one bit of %s was changed and verification did not see it", what)
	}
	f := about(r.Findings, filepath.ToSlash(file))
	d.result.Tampered = append(d.result.Tampered, Tampered{what, file, at, f})
	d.say("\none bit changed in a copy of %s (byte %d):", what, at)
	d.say("  %s", d.tail(filepath.ToSlash(file)))
	d.say("  %s %s: %s (%s)", f.Promise, f.Code, f.Msg, f.Range)
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
