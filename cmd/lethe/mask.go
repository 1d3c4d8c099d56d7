package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/pipe"
	"lethe/masking"
	"lethe/rules"
	"lethe/rules/strict"
	"lethe/stream"
)

const maskUsage = `usage: lethe mask [--policy FILE] [--stream NAME] [--contract PATH] [--keys DIR] [--purpose TEXT] [--quarantine FILE] [--clear]

Masks lines from standard input under a policy and writes them to standard output,
in the same order: change events as Debezium writes them (with op, before and
after; also in a schema and payload, of which the payload is masked), or rows as
plain JSON objects. A tombstone, null, stays one. Of a stream that has a column
op, before or after every line is a row. It needs no folder, server or source.
What was done is counted on standard error.

Without a contract the columns are those that the policy names, as in
elements: {shop.main.customer/email: contact.email}; their types are not checked.
Every other member is redacted, and its name replaced. What the policy says of
other streams is left out.

A line that is broken or cannot be masked is never written to standard output: it
goes to the quarantine file where there is one, and the exit code is 0 then; else it
is told by its number, and the exit code is 2.

  --policy FILE      policy.yaml; elements.yaml beside it is read, too
  --stream NAME      whose lines these are, such as shop.main.customer
  --contract PATH    the stream's contract: columns, types, key; or a directory of
                     contracts, such as contracts of a folder
  --keys DIR         the keyring that pseudonyms are made with, in its newest epoch:
                     keys of a folder that lethe init makes; or that folder, whose
                     persons' keys encrypt, tokenize and fpe work under
  --purpose TEXT     what the data is used for, by default analytics
  --quarantine FILE  append what cannot be masked to this file, readable by you
                     alone, encrypted under a key of the keyring for each day
  --clear            do not encrypt the quarantine file
`

// maskFlags are what lethe mask was told.
type maskFlags struct {
	policy, stream, contract, keys, purpose, quarantine string
	clear                                               bool
}

func maskLines(ctx context.Context, io console, args []string) error {
	f := newFlags(maskUsage)
	var in maskFlags
	f.StringVar(&in.policy, "policy", "", "")
	f.StringVar(&in.stream, "stream", "", "")
	f.StringVar(&in.contract, "contract", "", "")
	f.StringVar(&in.keys, "keys", "", "")
	f.StringVar(&in.purpose, "purpose", "analytics", "")
	f.StringVar(&in.quarantine, "quarantine", "", "")
	f.BoolVar(&in.clear, "clear", false, "")
	if err := f.noDir(io, args); err != nil {
		return err
	}
	if in.policy == "" || in.stream == "" {
		return &stream.Fault{Code: "mask.flags", Msg: "it needs --policy and --stream", Hint: f.first()}
	}
	plan, err := in.compile()
	if err != nil {
		return err
	}
	keys, err := in.keyring(ctx, io, plan)
	if err != nil {
		return err
	}
	defer keys.closed()
	rewriter, err := masking.Compile(plan, keys.all)
	if err != nil {
		return piped(err)
	}
	ring := keys.own
	refused := &refusedLines{plan: plan, broken: brokenLines{to: io, first: f.first(), could: "masked"}}
	if in.quarantine != "" {
		if in.clear {
			ring = nil
		}
		if refused.aside, err = openAside(in.quarantine, ring); err != nil {
			return err
		}
		defer refused.aside.Close()
	}
	rows := slices.ContainsFunc(plan.Fields, namedAsAnEvent)
	done, err := pipe.Job{In: io.in, Out: unfitted(io.out), Refused: refused.take, New: func() (pipe.Worker, error) {
		return &lineMasker{rewriter: rewriter.Clone(), stream: in.stream, rows: rows}, nil
	}}.Run(ctx)
	tellf(io.err, "masked %d, refused %d\n", done.Done, done.Refused)
	refused.show(io, in)
	return errors.Join(piped(err), refused.fault())
}

// compile makes the plan by the way that run takes.
func (in maskFlags) compile() (plan masking.Plan, err error) {
	env := rules.Env{Workspace: "mask", Connection: "mask", Purpose: in.purpose, Only: in.stream}
	env.Source, _, _ = strings.Cut(in.stream, ".")
	if env.Policy, err = ruleFile(in.policy); errors.Is(err, fs.ErrNotExist) {
		return plan, &stream.Fault{Code: "mask.policy", Path: in.policy, Msg: "there is no such file", Hint: "name the policy with --policy; lethe help operators tells what it can say"}
	} else if err != nil {
		return plan, err
	}
	elements, eerr := ruleFile(filepath.Join(filepath.Dir(in.policy), config.Elements))
	if eerr == nil {
		env.Elements = []rules.File{elements}
	} else if errors.Is(eerr, fs.ErrNotExist) {
		eerr = nil
	}
	tables, terr := config.Tables(filepath.Dir(in.policy), filepath.Dir(in.policy), env.Policy)
	env.Tables = tables
	contract, cerr := in.described(env.Policy)
	if err := errors.Join(eerr, cerr, terr); err != nil {
		return plan, err
	}
	env.Contracts = []rules.File{contract}
	program, err := rules.Compile(env)
	if err != nil {
		return plan, err
	}
	s, ok := program.Stream(in.stream)
	if !ok {
		return plan, &stream.Fault{Code: "mask.stream", Path: in.contract, Msg: fmt.Sprintf("the contract is not of stream %s", in.stream), Hint: "name the contract's stream, or another contract"}
	}
	plan = s.Plan
	if plan.Plain = true; in.contract == "" {
		plan = rules.Untyped(plan)
	}
	return plan, nil
}

// described is the stream's contract: the one that is named, or that lies in the
// directory that is named, or what the policy says of the stream.
func (in maskFlags) described(policy rules.File) (rules.File, error) {
	if parts := strings.Split(in.stream, "."); len(parts) != 3 || slices.Contains(parts, "") {
		return rules.File{}, &stream.Fault{Code: "mask.stream", Path: "--stream " + in.stream, Msg: "a stream is called <source>.<schema>.<table>", Hint: strict.Suggest(in.stream, rules.Named(policy))}
	}
	if in.contract != "" {
		path := in.contract
		if st, err := os.Stat(path); err == nil && st.IsDir() {
			path = filepath.Join(path, in.stream+config.ContractSuffix)
		}
		f, err := ruleFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return f, &stream.Fault{Code: "mask.contract", Path: path, Msg: "there is no such contract", Hint: "name the stream's own, or the directory that has it; lethe discover writes them"}
		}
		return f, err
	}
	names := rules.Named(policy)
	if len(names) == 0 || slices.Contains(names, in.stream) { // one that cannot be read names nothing: its faults are told
		return rules.Sketch(policy, in.stream), nil
	}
	return rules.File{}, &stream.Fault{Code: "mask.stream", Path: "--stream " + in.stream, Msg: "the policy names " + strings.Join(names, ", "),
		Hint: "name one of them, or the contract with the stream's columns: --contract FILE"}
}

func ruleFile(path string) (rules.File, error) {
	data, err := config.ReadFile(path, path)
	return rules.File{Name: path, Data: data}, err
}

// refusedLines keeps or tells what cannot be masked, and counts it.
type refusedLines struct {
	plan   masking.Plan
	broken brokenLines
	aside  *aside // nil where lines are told instead
	counts []refusal
}

func (r *refusedLines) take(line pipe.Refusal) error {
	no := &stream.Rejection{}
	switch {
	case errors.As(line.Why, &no):
	case errors.Is(line.Why, pipe.ErrTooLong):
		no.Reason = stream.ReasonTooLarge
	case errors.Is(line.Why, pipe.ErrFault):
		no.Reason = stream.ReasonFault
	default:
		return line.Why
	}
	i := slices.IndexFunc(r.counts, func(c refusal) bool { return c.Reason == no.Reason && c.Field == no.Field })
	if i < 0 {
		i = len(r.counts)
		r.counts = append(r.counts, refusal{Reason: no.Reason, Field: no.Field, operator: r.operator(no.Field)})
	}
	r.counts[i].Records++
	if r.aside != nil {
		return r.aside.add(line, no)
	}
	if !errors.Is(line.Why, pipe.ErrTooLong) {
		line.Why = errors.New(strings.TrimPrefix(no.Field+": "+r.counts[i].why(), ": "))
	}
	return r.broken.tell(line)
}

// operator is what masks a field.
func (r *refusedLines) operator(field string) string {
	i := slices.IndexFunc(r.plan.Fields, func(f masking.Field) bool { return f.Path == field })
	if i < 0 {
		return ""
	}
	return r.plan.Fields[i].Operator
}

// show tells how many were refused, and why.
func (r *refusedLines) show(io console, in maskFlags) {
	for _, c := range r.counts {
		c.Stream = in.stream
		tellf(io.err, "  %d of %s\n", c.Records, c.where())
	}
	if r.aside != nil && len(r.counts) > 0 {
		tellf(io.err, "they are in %s\n", in.quarantine)
	}
}

// fault says at the end that lines were refused and are nowhere.
func (r *refusedLines) fault() error { return r.broken.fault() }
