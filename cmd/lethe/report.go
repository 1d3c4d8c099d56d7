package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"lethe/audit"
	"lethe/audit/report"
	"lethe/audit/verify"
	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/rules/strict"
	"lethe/stream"
)

const reportUsage = `usage: lethe report KIND [--lang en|th] [--from TIME] [--to TIME] [--format html|pdf|json|csv] [--json] [--table NAME] [--out FILE] [--reason TEXT] [--ticket ID] [--offline] [--credential NAME] [--sink NAME] [--file NAME] [--aware TIME] [--seed TEXT] [--sample N] [--at SIZE] [--stream NAME] [--subject COLUMN] [DIR]

Makes a document from the audit log and from what the folder says. KIND is one of:

%s
  --lang en|th      language, by default en
  --from TIME       begin of the range: 2026-01-31, or RFC 3339; by default that of the log
  --to TIME         end of the range, which is not in it
  --format FORMAT   html (one file), pdf, json, or csv: a zip with a file a table, for
                    programs, or with --lang th for people
  --json            the same as --format json
  --table NAME      csv of this table alone
  --out FILE        write there instead of to standard output
  --reason TEXT     why; the audit log commits to it
  --ticket ID       where it was asked for
  --offline         do not ask the broker: detail records and earlier revisions are left
                    out. To ask it is an action, which the log has first

For breach:
  --credential NAME a source or a sink whose credential leaked, or keys: the keyring
  --sink NAME       only what lay in this sink
  --file NAME       only this file, as receipts name it
  --aware TIME      when somebody became aware: begins the clocks

For sox:
  --seed TEXT       the auditor's, chosen after the checkpoint is known: draws a sample
  --sample N        how many entries, by default 25
  --at SIZE         draw again what was drawn when the log had this size

For access, whose standard input is the identifier of one person, a line:
  --stream NAME     <source>.<schema>.<table> whose rows have the identifier
  --subject COLUMN  whose it is, where rows are about two persons

The report says which signed checkpoint it rests on, and what it could not read. The log
is verified meanwhile, files apart: where something is wrong with it the report says so,
and the exit code is 1.
`

// reportFlags are what a person asked for.
type reportFlags struct {
	lang, from, to, format, table, out, aware, subject, reason, ticket string
	offline                                                            bool
	options                                                            report.Options
}

// makeReport writes one report.
func makeReport(ctx context.Context, io console, args []string) error {
	f := newFlags(reportHelp())
	f.JSON()
	var in reportFlags
	in.flags(f)
	name, words, err := f.sub(io, args, report.Names()...)
	if err != nil {
		return err
	}
	kind, ok := report.Find(name)
	if !ok && len(words) > 0 && !exists(words[0]) {
		return &stream.Fault{Code: "report.kind", Msg: fmt.Sprintf("there is no report %q", words[0]), Hint: strict.Suggest(words[0], report.Names())}
	}
	dir, err := f.folder(words)
	if err != nil {
		return err
	}
	if !ok {
		return &stream.Fault{Code: "report.kind", Msg: "which report is not said", Hint: "lethe report " + strings.Join(report.Names(), "|")}
	}
	if f.json {
		in.format = "json"
	}
	input, err := in.gather(ctx, io, kind, dir)
	if err != nil {
		return err
	}
	doc, err := report.Make(kind, *input)
	if err != nil {
		return err
	}
	if err := in.write(io, doc); err != nil {
		return err
	}
	if c := input.Facts.Check; c != nil && len(c.Findings) > 0 {
		tellf(io.err, "something is wrong with the log, and the report says so: do not rely on it\n  → lethe verify %s\n", dir)
		return errShown
	}
	return nil
}

// reportHelp is the usage with the kinds that there are.
func reportHelp() string {
	var kinds strings.Builder
	for _, k := range report.Kinds() {
		fmt.Fprintf(&kinds, "  %-10s %s\n", k.Name, k.Help)
	}
	return fmt.Sprintf(reportUsage, kinds.String())
}

func (r *reportFlags) flags(f *flags) {
	f.StringVar(&r.lang, "lang", "en", "")
	f.StringVar(&r.from, "from", "", "")
	f.StringVar(&r.to, "to", "", "")
	f.StringVar(&r.format, "format", "html", "")
	f.StringVar(&r.table, "table", "", "")
	f.StringVar(&r.out, "out", "", "")
	f.StringVar(&r.reason, "reason", "", "")
	f.StringVar(&r.ticket, "ticket", "", "")
	f.BoolVar(&r.offline, "offline", false, "")
	f.StringVar(&r.options.Scope.Credential, "credential", "", "")
	f.StringVar(&r.options.Scope.Sink, "sink", "", "")
	f.StringVar(&r.options.Scope.File, "file", "", "")
	f.StringVar(&r.aware, "aware", "", "")
	f.StringVar(&r.options.Seed, "seed", "", "")
	f.IntVar(&r.options.Sample, "sample", 25, "")
	f.Int64Var(&r.options.At, "at", 0, "")
	f.StringVar(&r.options.Person.Stream, "stream", "", "")
	f.StringVar(&r.subject, "subject", "", "")
}

// gather reads what the report is made from.
func (r *reportFlags) gather(ctx context.Context, io console, kind report.Kind, dir string) (*report.Input, error) {
	if !slices.Contains(report.Langs(), report.Lang(r.lang)) {
		return nil, &stream.Fault{Code: "report.lang", Path: "--lang", Msg: "no report is in this language", Hint: "write --lang en or --lang th"}
	}
	if formats := []string{"html", "pdf", "json", "csv"}; !slices.Contains(formats, r.format) {
		return nil, &stream.Fault{Code: "report.format", Path: "--format", Msg: "no such format", Hint: strict.Suggest(r.format, formats)}
	}
	from, err := instant("--from", r.from)
	if err != nil {
		return nil, err
	}
	to, err := instant("--to", r.to)
	if err != nil {
		return nil, err
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return nil, &stream.Fault{Code: "report.time", Path: "--to", Msg: "the range ends before it begins", Hint: "--to is the first day that is not in it"}
	}
	if r.options.Scope.Aware, err = instant("--aware", r.aware); err != nil {
		return nil, err
	}
	folder, err := config.Load(dir, anySet(io.env))
	if err != nil {
		return nil, err
	}
	if err := r.known(folder); err != nil {
		return nil, err
	}
	log, err := folderLog(folder)
	if err != nil {
		return nil, err
	}
	in := &report.Input{Options: r.options, Now: time.Now()}
	if in.Folder, err = wire.ReportFolder(folder); err != nil {
		return nil, err
	}
	if in.Facts, err = gathered(ctx, folder, log, from, to, kind.Wants); err != nil {
		return nil, damaged(folder, err)
	}
	if f := r.options.Scope.File; f != "" && !slices.ContainsFunc(in.Facts.Objects, func(o report.Object) bool { return o.Name == f }) {
		return nil, &stream.Fault{Code: "report.file", Path: "--file", Msg: "no receipt in this range names such a file", Hint: "write a name as the log has it: the sink's path of the object, as in its _manifest; or widen --from and --to"}
	}
	persons, err := r.whom(ctx, io, kind, folder)
	if err != nil {
		return nil, err
	}
	if err := r.ask(ctx, io, kind, folder, persons, in); err != nil {
		return nil, err
	}
	return in, nil
}

// gathered counts what the log tells, and verifies it meanwhile: what no enrolled key
// signed is counted as well.
func gathered(ctx context.Context, folder *config.Folder, log *audit.Reader, from, to time.Time, want report.Wants) (facts *report.Facts, err error) {
	g, ctx := errgroup.WithContext(ctx)
	var check *report.Check
	if log.Size() > 0 {
		g.Go(func() (err error) {
			check, err = checkLog(ctx, folder)
			return err
		})
	}
	g.Go(func() (err error) {
		facts, err = report.Gather(ctx, log, folder.Workspace, from, to, want)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	facts.Check = check
	return facts, nil
}

// checkLog verifies the folder's log, without files.
func checkLog(ctx context.Context, folder *config.Folder) (*report.Check, error) {
	key := folder.Rel(folder.PublicKeyFile())
	text, err := given(key)
	if err != nil {
		return nil, err
	}
	r, err := verify.Run(ctx, verify.Options{Log: folder.Log, PublicKey: string(text), Running: true})
	if err != nil {
		return nil, verifyFault(err, key, "")
	}
	c := &report.Check{Size: r.Size, Findings: make(map[string]int)}
	for _, f := range r.Findings {
		c.Findings[string(f.Code)]++
	}
	return c, nil
}

// ask adds what the broker has: detail records, and what earlier revisions did. To ask is
// an action: where it cannot be written there is no report, unless nobody is to be asked.
func (r *reportFlags) ask(ctx context.Context, io console, kind report.Kind, folder *config.Folder, persons *wire.Persons, in *report.Input) error {
	if r.offline {
		in.Folder.Missing = append(in.Folder.Missing, report.Text{
			EN: "The broker was not asked: detail records and the contents of earlier revisions are left out.",
			TH: "ไม่ได้ถามโบรกเกอร์ จึงไม่มีบันทึกรายละเอียดและเนื้อหาของนโยบายรุ่นก่อน"})
		return nil
	}
	a := wire.Action{Object: "report/" + kind.Name, Reason: r.reason, Ticket: r.ticket}
	var err error
	if a.Actor, err = operator(io.env); err != nil {
		return err
	}
	seen, err := wire.ReadEvidence(ctx, folder, slog.New(slog.DiscardHandler), a, r.questions(kind, folder, persons, in), in.Facts.AddDetail)
	if err != nil && ctx.Err() == nil {
		return errors.Join(err, &stream.Fault{Code: "report.not_asked", Exit: stream.ExitEnvironment, Msg: "there is no report without what the broker has: detail records, and what earlier revisions did",
			Hint: "add --offline for one of the folder's files and its log alone, which says so"})
	}
	if err != nil {
		return err
	}
	in.Folder.History, in.Options.Person.Erased = seen.Revisions, seen.Erased
	in.Facts.Counted, in.Facts.Found = seen.Counted, seen.Found
	return nil
}

// questions are what the index of subjects is asked. It does not tell files apart.
func (r *reportFlags) questions(kind report.Kind, folder *config.Folder, persons *wire.Persons, in *report.Input) wire.Questions {
	q := wire.Questions{Of: persons, In: wire.Range{From: in.Facts.From, To: in.Facts.To}}
	if persons != nil {
		q.In.Match = in.Folder.AboutPersons
	}
	if kind.Name != "breach" || r.options.Scope.File != "" {
		return q
	}
	q.Count = true
	q.In.Match = func(connection, _ string) bool {
		c, ok := folder.Connection(connection)
		return !ok || r.options.Scope.Reaches(c.From, c.To)
	}
	return q
}

// whom reads from standard input whom an access report is about; nil for other kinds.
func (r *reportFlags) whom(ctx context.Context, io console, kind report.Kind, folder *config.Folder) (*wire.Persons, error) {
	if kind.Name != "access" {
		return nil, nil
	}
	if r.options.Person.Stream == "" {
		return nil, &stream.Fault{Code: "report.person", Msg: "it needs --stream: whose identifier comes on standard input", Hint: "lethe report access --stream shop.main.customer " + folder.Dir + " < identifier"}
	}
	prompt(io, "identifier of one person, a line")
	ids, err := awaited(ctx, func() ([][]byte, error) { return identifiers(io) })
	if err != nil {
		return nil, err
	}
	if len(ids) > 1 {
		return nil, &stream.Fault{Code: "report.person", Msg: "standard input names several", Hint: "one person a report"}
	}
	return wire.Identify(folder, r.options.Person.Stream, r.subject, ids)
}

// known sees that what a breach is about is of the folder.
func (r *reportFlags) known(folder *config.Folder) error {
	var sinks, sources []string
	for _, s := range folder.Sinks {
		sinks = append(sinks, s.Name)
	}
	for _, s := range folder.Sources {
		sources = append(sources, s.Name)
	}
	if s := r.options.Scope.Sink; s != "" && !slices.Contains(sinks, s) {
		return &stream.Fault{Code: "config.no_sink", Path: "--sink", Msg: "there is no sink of that name", Hint: strict.Suggest(s, sinks)}
	}
	all := slices.Concat(sources, sinks, []string{report.Keys})
	if c := r.options.Scope.Credential; c != "" && !slices.Contains(all, c) {
		return &stream.Fault{Code: "report.credential", Path: "--credential", Msg: "neither a source nor a sink, nor keys", Hint: strict.Suggest(c, all)}
	}
	return nil
}

// anySet is the environment with every variable set: verify and reports open no source.
func anySet(env func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if s, _ := env(name); s != "" {
			return s, true
		}
		return "unset", true
	}
}

// folderLog opens the log of a folder.
func folderLog(f *config.Folder) (*audit.Reader, error) {
	raw, err := given(f.Rel(f.PublicKeyFile()))
	if err != nil {
		return nil, err
	}
	keys := strings.Fields(string(raw))
	if len(keys) == 0 {
		keys = []string{""}
	}
	v, err := note.NewVerifier(keys[len(keys)-1]) // that of the newest shard
	if err != nil {
		return nil, &stream.Fault{Code: "verify.key", Path: f.Rel(f.PublicKeyFile()), Msg: "not an Ed25519 verifier key", Hint: "restore the log.pub that lethe init made"}
	}
	r, err := audit.OpenReader(f.Log, v)
	return r, damaged(f, err)
}

// damaged tells what to do about a log that was changed: no report rests on it.
func damaged(f *config.Folder, err error) error {
	if !errors.Is(err, audit.ErrDamaged) {
		return err
	}
	return &stream.Fault{Code: "report.log_damaged", Path: f.Rel(f.Log), Msg: err.Error(), Hint: "lethe verify " + f.Dir + "     tells what was changed", Exit: stream.ExitFault}
}

// instant reads a time that a person gave.
func instant(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &stream.Fault{Code: "report.time", Path: flag, Msg: "not a time", Hint: "write 2026-01-31, or 2026-01-31T12:00:00Z; days are those of UTC"}
}

// write renders the document to where it was asked for.
func (r *reportFlags) write(io console, doc *report.Document) error {
	out := unfitted(io.out)
	if r.out == "" {
		if f, ok := out.(*os.File); ok && isTerminal(f) && (r.format == "pdf" || r.format == "csv" && r.table == "") {
			return &stream.Fault{Code: "report.terminal", Path: "--out", Msg: "this is no text for a terminal", Hint: "add --out " + doc.Kind + "." + map[string]string{"pdf": "pdf", "csv": "zip"}[r.format]}
		}
		return r.render(out, doc)
	}
	if st, err := os.Stat(r.out); err == nil && !st.Mode().IsRegular() {
		return r.onto(doc)
	}
	f, err := os.CreateTemp(filepath.Dir(r.out), ".lethe-report-")
	if err != nil {
		return environment(r.out, err)
	}
	defer os.Remove(f.Name())
	err = errors.Join(r.render(f, doc), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), r.out)
	}
	var refused *os.PathError
	if errors.As(err, &refused) {
		return environment(r.out, err)
	}
	return err
}

// onto writes to what is no file, such as a pipe or a device: that is not to be replaced by one.
func (r *reportFlags) onto(doc *report.Document) error {
	f, err := os.OpenFile(r.out, os.O_WRONLY, 0)
	if err != nil {
		return environment(r.out, err)
	}
	return errors.Join(r.render(f, doc), f.Close())
}

func (r *reportFlags) render(out io.Writer, doc *report.Document) error {
	switch r.format {
	case "json":
		return doc.JSON(out, report.Lang(r.lang))
	case "csv":
		return doc.CSV(out, r.table, report.Lang(r.lang))
	case "pdf":
		return doc.PDF(out, report.Lang(r.lang))
	}
	return doc.HTML(out, report.Lang(r.lang))
}
