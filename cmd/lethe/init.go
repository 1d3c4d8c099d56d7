package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/rules"
	"lethe/stream"
	"lethe/stream/disk"
)

const initUsage = `usage: lethe init [--workspace NAME] [--source NAME=CONNECTOR:LOCATION]... [--sink NAME=CONNECTOR:LOCATION]... [--region CODE] [--purpose TEXT] [--json] [DIR]

Makes a folder: lethe.yaml, policy.yaml, a keyring in keys (for you alone), the
signing key of the audit log, and log.pub, with which anyone can verify the log.
It changes no file that is there.

  --workspace NAME   name of the tenant, by default that of DIR
  --source …         such as crm=postgres:'${CRM_URL}' or till=sqlite:./till.db
  --sink …           such as lake=parquet:./lake
                     Paths are relative to DIR, not to where lethe runs:
                     ../till.db lies beside DIR.
  --region CODE      where the sinks are, such as TH: laws want to know
  --purpose TEXT     what the data is used for, by default analytics
  --json             print what was made as JSON
`

func initFolder(_ context.Context, io console, args []string) error {
	f := newFlags(initHelp())
	f.JSON()
	var in skeleton
	f.StringVar(&in.Workspace, "workspace", "", "")
	f.StringVar(&in.Purpose, "purpose", "analytics", "")
	f.StringVar(&in.Region, "region", "", "")
	var sources, sinks []string
	f.Func("source", "", func(s string) error { sources = append(sources, s); return nil })
	f.Func("sink", "", func(s string) error { sinks = append(sinks, s); return nil })
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	if code := rules.RegionCode(in.Region); code != "" {
		return &stream.Fault{Code: "init.region", Path: "--region", Msg: fmt.Sprintf("%q is no code of a region", in.Region), Hint: fmt.Sprintf("did you mean %s?", code)}
	}
	var serr, kerr error
	in.Sources, serr = endpoints("--source", sources, sourceOptions)
	in.Sinks, kerr = endpoints("--sink", sinks, sinkOptions)
	if err := errors.Join(serr, kerr); err != nil {
		return err
	}
	if in.Workspace == "" {
		if in.Workspace, err = nameOf(dir); err != nil {
			return err
		}
	}
	made, err := makeFolder(dir, in)
	if err != nil {
		return err
	}
	for _, e := range in.Sources {
		e.warnAbsent(io.err, dir)
	}
	if *io.json {
		return showJSON(io, struct {
			Workspace string   `json:"workspace"`
			Made      []string `json:"made"`
		}{in.Workspace, made})
	}
	for _, m := range made {
		fmt.Fprintln(io.out, "made", m)
	}
	fmt.Fprintf(io.out, "\nBack up %s apart from the data, and again after lethe keys rotate: without it\nnew pseudonyms do not join old ones, nothing opens, and the log cannot go on.\nOnce run has made %s: mirror it as it is written, and never into one backup with %s.\nnext: ",
		filepath.Join(dir, "keys"), filepath.Join(dir, "subjects"), filepath.Join(dir, "keys", "subjects"))
	if len(in.Sources) == 0 {
		fmt.Fprintf(io.out, "name a source and a sink in %s, then ", filepath.Join(dir, config.FileName))
	}
	fmt.Fprintln(io.out, "lethe discover", dir)
	return nil
}

var notName = regexp.MustCompile(`[^a-z0-9-]+`)

// nameOf makes the name of a workspace from the name of its directory.
func nameOf(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("folder %s: %w", dir, err)
	}
	name := strings.Trim(notName.ReplaceAllString(strings.ToLower(filepath.Base(abs)), "-"), "-")
	if name == "" {
		return "", &stream.Fault{Code: "init.workspace", Path: dir, Msg: "its name gives none for the workspace", Hint: "lethe init --workspace shop " + dir}
	}
	return name, nil
}

// makeFolder makes the files, the keys last, and says which.
func makeFolder(dir string, in skeleton) (made []string, err error) {
	files, err := in.files(dir)
	if err != nil {
		return nil, err
	}
	keys := filepath.Join(dir, "keys")
	var faults []error
	for _, name := range []string{config.FileName, config.Policy, config.PublicKey, "keys"} {
		if path := filepath.Join(dir, name); exists(path) {
			faults = append(faults, &stream.Fault{Code: "init.exists", Path: path, Msg: "is there already",
				Hint: "use it, or name another folder: lethe init OTHER"})
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, environment(dir, err)
	}
	if err := file.Create(keys); err != nil {
		return nil, err
	}
	made = append(made, filepath.Join(keys, "root"))
	skey, vkey, err := audit.NewLogKey("lethe/" + in.Workspace)
	if err != nil {
		return nil, fmt.Errorf("log key: %w", err)
	}
	files = append(files,
		newFile{filepath.Join("keys", config.LogKeyName), skey + "\n", 0o600},
		newFile{config.PublicKey, vkey + "\n", 0o644})
	for _, n := range files {
		path := filepath.Join(dir, n.name)
		if exists(path) { // a .gitignore of one's own
			continue
		}
		if err := disk.Create(path, []byte(n.text), n.mode); err != nil {
			return made, environment(path, err)
		}
		made = append(made, path)
	}
	return made, nil
}

type newFile struct {
	name, text string
	mode       os.FileMode
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// environment is the fault of a file that the system refuses; the system's words
// name the file again, so only the cause is kept.
func environment(path string, err error) error {
	var perr *os.PathError
	if errors.As(err, &perr) {
		path, err = perr.Path, perr.Err
	}
	return &stream.Fault{Code: "cli.file", Path: path, Msg: err.Error(),
		Hint: "let the user that runs lethe read and write there", Exit: stream.ExitEnvironment}
}
