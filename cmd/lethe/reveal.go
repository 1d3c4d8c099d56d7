package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking"
	"lethe/masking/subject"
	"lethe/stream"
)

const revealUsage = `usage: lethe reveal [--stream NAME] [--field PATH] [--reason TEXT] [--ticket ID] [--connection NAME] [--epoch NAME] [--request FILE] [--approval FILE] [--approve FILE] [--key FILE] [--new-key FILE] [DIR] < values

Opens values that encrypt, tokenize or fpe masked, for whom lethe.yaml names under
reveal:. Standard input has one value a line, as the lake shows it, or JSON:

  {"value": "…", "subject": "…", "position": "…"}

subject is whose it is, as in the column that policy.yaml names under subjects:
(also: the second person), for tokenize and fpe under that person's key; position is
_lethe_seq of its row, for encrypt unless it is joinable. Results are JSON lines
{"line","value"}, or {"line","error"}: erased, redacted, not_masked, needs_subject,
needs_position; one of these makes exit code 1. What was masked under another name of its source or table is
not_masked under this one. A surrogate that tokenize or fpe never made opens to nonsense.

Before anything is opened the intent is in the audit log, under a signed checkpoint:
how many values, and commitments to who, what, why and whose.

  --stream NAME       <source>.<schema>.<table>
  --field PATH        what is to be opened, as lethe check shows it
  --reason TEXT       why; the audit log commits to it
  --ticket ID         where it was asked for
  --connection NAME   where several carry the stream
  --epoch NAME        of masking keys, where lethe keys lists several
  --request FILE      open nothing; write FILE, which another person approves
  --approve FILE      show the request in FILE and sign it with --key, to FILE.approval
  --approval FILE     use an approval, once, within a day, for the values it is of
  --key FILE          the approver's own key
  --new-key FILE      make an approver's key, and show the line for lethe.yaml

On Apache Kafka lethe run must be at work where this folder's log is.
`

// revealFlags are what a person typed.
type revealFlags struct {
	dir, stream, field, reason, ticket, connection, epoch string
	request, approval, approve, key, newKey               string
}

func reveal(ctx context.Context, io console, args []string) error {
	f := newFlags(revealUsage)
	var in revealFlags
	f.StringVar(&in.stream, "stream", "", "")
	f.StringVar(&in.field, "field", "", "")
	f.StringVar(&in.reason, "reason", "", "")
	f.StringVar(&in.ticket, "ticket", "", "")
	f.StringVar(&in.connection, "connection", "", "")
	f.StringVar(&in.epoch, "epoch", "", "")
	f.StringVar(&in.request, "request", "", "")
	f.StringVar(&in.approval, "approval", "", "")
	f.StringVar(&in.approve, "approve", "", "")
	f.StringVar(&in.key, "key", "", "")
	f.StringVar(&in.newKey, "new-key", "", "")
	var err error
	if in.dir, err = f.parse(io, args); err != nil {
		return err
	}
	if in.newKey != "" {
		return makeApprover(io, in.newKey)
	}
	folder, err := config.Load(in.dir, io.env)
	if err != nil {
		return err
	}
	if in.approve != "" {
		return in.sign(io, folder)
	}
	return in.reveal(ctx, io, folder)
}

func (in revealFlags) reveal(ctx context.Context, io console, folder *config.Folder) error {
	if in.stream == "" || in.field == "" || strings.TrimSpace(in.reason) == "" || strings.TrimSpace(in.ticket) == "" {
		return &stream.Fault{Code: "reveal.flags", Msg: "it needs --stream, --field, --reason and --ticket",
			Hint: "lethe reveal --stream shop.main.customer --field email --reason 'complaint of a customer' --ticket T-17 " + in.dir + " < values"}
	}
	who, err := revealer(io, folder)
	if err != nil {
		return err
	}
	target, err := wire.FindTarget(folder, in.connection, in.stream, in.field)
	if err != nil {
		return err
	}
	if !who.May(target.Element) {
		return &stream.Fault{Code: "reveal.element", Path: folder.Doc.Where("reveal.principals." + who.Name),
			Msg: fmt.Sprintf("%s may not have %s/%s opened", who.Name, in.stream, in.field), Hint: "ask whoever answers for lethe.yaml to add its element below elements:"}
	}
	prompt(io, "masked values, one a line")
	input, err := awaited(ctx, func() (veiledInput, error) { return veiled(io) })
	if err != nil {
		return interrupted(ctx, err, nothingOpened, "lethe help reveal")
	}
	lines, values := input.lines, input.values
	asked := in.asked(who)
	if in.request != "" {
		return writeRequest(io, in, who, lines)
	}
	d := wire.Disclosure{Target: *target, Epoch: in.epoch, Principal: who, Address: address(io.env), Reason: in.reason, Ticket: in.ticket, Values: values}
	if d.Approval, err = in.approved(folder, asked, lines); err != nil {
		return err
	}
	log, err := actionLog(io, in.dir)
	if err != nil {
		return err
	}
	if err := keyed(folder); err != nil {
		return err
	}
	refused, strange := 0, false
	err = wire.Reveal(ctx, folder, log, d, func(opened []wire.Opened) error {
		refused, err = showOpened(io, opened)
		strange = slices.ContainsFunc(opened, func(o wire.Opened) bool { return o.Err != nil && whyNot(o.Err) == notMasked })
		return err
	})
	err = interrupted(ctx, err, nothingOpened, "lethe help reveal")
	if err == nil && refused > 0 {
		why := "the lines say why: lethe help reveal"
		if strange {
			why = "not_masked: of another stream, field or epoch, or masked under another name of its source or table; then it opens under that name alone"
		}
		return &stream.Fault{Code: "reveal.values", Msg: fmt.Sprintf("%d of %s could not be opened", refused, count(len(values), "value")), Hint: why, Exit: stream.ExitFault}
	}
	return err
}

const nothingOpened = "nothing was opened"

// revealer is who runs this process, as lethe.yaml knows them.
func revealer(io console, folder *config.Folder) (config.Principal, error) {
	user, err := osUser(io.env)
	if err != nil {
		return config.Principal{}, err
	}
	who, ok := folder.Reveal.Principal(user)
	if !ok {
		return who, &stream.Fault{Code: "reveal.principal", Path: folder.Doc.Where("reveal"), Msg: "nobody says that user " + user + " may have values opened",
			Hint: "in lethe.yaml: reveal: {approve_above: 10, principals: {" + user + ": {per_day: 10}}}"}
	}
	return who, nil
}

// showOpened writes the results, and counts values that were not opened.
func showOpened(io console, opened []wire.Opened) (refused int, err error) {
	enc := json.NewEncoder(plainJSON{unfitted(io.out)})
	enc.SetEscapeHTML(false)
	for i, o := range opened {
		line := struct {
			Line  int             `json:"line"`
			Value json.RawMessage `json:"value,omitempty"`
			Error string          `json:"error,omitempty"`
		}{Line: i + 1, Value: o.JSON}
		switch {
		case o.Err == nil:
		default:
			line.Error = whyNot(o.Err)
			refused++
		}
		if err := enc.Encode(line); err != nil {
			return refused, fmt.Errorf("standard output: %w", err)
		}
	}
	return refused, nil
}

// whyNot is what a line says of a value that was not opened.
func whyNot(err error) string {
	switch {
	case errors.Is(err, subject.ErrErased):
		return "erased"
	case errors.Is(err, masking.ErrRedacted):
		return "redacted"
	case errors.Is(err, masking.ErrNeedsSubject):
		return "needs_subject"
	case errors.Is(err, masking.ErrNeedsPosition):
		return "needs_position"
	}
	return notMasked
}

const notMasked = "not_masked"
