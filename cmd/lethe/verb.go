package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"lethe/rules/strict"
	"lethe/stream"
)

const usage = `usage: lethe VERB [flags] [DIR]

Lethe streams tables into a lake with personal data masked by policy, and keeps
a log that proves it. DIR is a folder made by lethe init, by default the present
one.
`

// verb is one thing that lethe can do.
type verb struct {
	name, help string
	run        func(ctx context.Context, io console, args []string) error
}

// console is what a verb speaks to. Whoever reads its output by machine set
// json, which flags.parse does for --json.
type console struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
	json     *bool
}

// Ends of a verb whose output says everything.
var (
	errUsage = errors.New("usage shown")
	errShown = errors.New("what is wrong was shown") // exit code 1
)

// dispatch runs the verb that args name and returns the exit code.
func dispatch(ctx context.Context, io console, args []string) int {
	io.json = new(bool)
	io.out, io.err = fit(io.out), fit(io.err)
	defer flush(io.out)
	defer flush(io.err)
	all := verbs()
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		if len(args) > 1 && args[1] == "operators" {
			showOperators(io)
			return 0
		} else if len(args) > 1 {
			args = []string{args[1], "--help"}
		} else {
			help(io, all)
			return 0
		}
	}
	if args[0] == "--version" {
		args = append([]string{"version"}, args[1:]...)
	}
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == args[0] })
	if i < 0 {
		names := make([]string, len(all))
		for i, v := range all {
			names[i] = v.name
		}
		return tell(ctx, io, &stream.Fault{Code: "cli.verb", Msg: fmt.Sprintf("no verb %q", args[0]), Hint: strict.Suggest(args[0], names) + "\nlethe help"})
	}
	return tell(ctx, io, all[i].run(ctx, io, args[1:]))
}

func help(io console, all []verb) {
	fmt.Fprint(io.out, usage, "\n")
	for _, v := range all {
		tellf(io.out, "  %-10s %s\n", v.name, v.help)
	}
	fmt.Fprintln(io.out, "\nlethe help VERB tells more, lethe help operators what a policy can do to a value.")
}

// tell shows what err says, every fault of it, and returns the exit code: 1 if
// any fault is ours, else 2 if any is the user's, else 3.
func tell(ctx context.Context, io console, err error) int {
	switch {
	case err == nil, errors.Is(err, errUsage):
		return 0
	case errors.Is(err, errShown):
		return stream.ExitFault
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = &stream.Fault{Code: "cli.interrupted", Msg: "interrupted; what was committed stays, and the next run goes on from there",
			Hint: "lethe run", Exit: stream.ExitEnvironment}
	}
	code, faults := stream.ExitEnvironment, distinct(stream.Faults(err))
	for _, f := range faults {
		code = min(code, cmp.Or(f.Exit, stream.ExitInput))
	}
	if *io.json {
		type fault struct {
			Code string `json:"code"`
			Path string `json:"path,omitempty"`
			Msg  string `json:"msg"`
			Hint string `json:"hint,omitempty"`
		}
		out := struct {
			Faults []fault `json:"faults"`
		}{}
		for _, f := range faults {
			out.Faults = append(out.Faults, fault{f.Code, f.Path, f.Msg, f.Hint})
		}
		showJSON(io, out)
		return code
	}
	for _, f := range faults {
		fmt.Fprintln(io.err, plainFault(f).Error())
	}
	if len(faults) > 1 {
		tellf(io.err, "%d faults\n", len(faults))
	}
	return code
}

// distinct leaves out what was told already: a file that several connections
// share is read for each.
func distinct(faults []*stream.Fault) (out []*stream.Fault) {
	for _, f := range faults {
		if !slices.ContainsFunc(out, func(o *stream.Fault) bool { return *o == *f }) {
			out = append(out, f)
		}
	}
	return out
}

func showJSON(io console, v any) error {
	enc := json.NewEncoder(plainJSON{unfitted(io.out)})
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// flags parses the arguments of a verb.
type flags struct {
	*flag.FlagSet
	usage string
	json  bool
}

// newFlags makes the flags of a verb; its usage text begins with the line that
// shows how to call it.
func newFlags(usage string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet("lethe", flag.ContinueOnError), usage: usage}
	f.SetOutput(io.Discard)
	return f
}

// JSON adds --json.
func (f *flags) JSON() { f.BoolVar(&f.json, "json", false, "") }

// parse reads args, in which flags and DIR may stand in any order, and returns
// DIR.
func (f *flags) parse(io console, args []string) (string, error) {
	words, err := f.words(io, args)
	if err != nil {
		return "", err
	}
	return f.folder(words)
}

// words reads the flags, and gives what is none.
func (f *flags) words(io console, args []string) (words []string, err error) {
	for len(args) > 0 {
		switch err := f.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			fmt.Fprint(io.out, f.usage)
			return nil, errUsage
		case err != nil:
			return nil, &stream.Fault{Code: "cli.flag", Msg: err.Error(), Hint: f.first()}
		}
		if args = f.Args(); len(args) > 0 {
			words = append(words, args[0])
			args = args[1:]
		}
	}
	*io.json = f.json
	return words, nil
}

// sub reads the flags, and takes the first word if it is one of verbs, "" if not; it gives
// the other words.
func (f *flags) sub(io console, args []string, verbs ...string) (verb string, words []string, err error) {
	words, err = f.words(io, args)
	if len(words) > 0 && slices.Contains(verbs, words[0]) {
		verb, words = words[0], words[1:]
	}
	return verb, words, err
}

// folder is the one folder that words name, "." for none.
func (f *flags) folder(dirs []string) (string, error) {
	switch len(dirs) {
	case 0:
		return ".", nil
	case 1:
		return dirs[0], nil
	}
	return "", &stream.Fault{Code: "cli.args", Msg: fmt.Sprintf("one folder at a time: %s", strings.Join(dirs, " ")), Hint: f.first()}
}

// first is the first line of the usage.
func (f *flags) first() string {
	line, _, _ := strings.Cut(f.usage, "\n")
	return strings.TrimPrefix(line, "usage: ")
}

// count is "1 fault", "2 faults".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
