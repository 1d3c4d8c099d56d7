package parquet

import (
	"net/url"
	"path/filepath"
	"strings"

	"lethe/connectors"
	"lethe/stream"
)

// open checks the configuration and makes the directory, which must take files
// and hard links.
func open(env connectors.Env, c connectors.Config) (stream.Sink, error) {
	dir, err := Directory(env.Name, c.Text("url"))
	if err != nil {
		return nil, err
	}
	s := &sink{store: store{dir: dir}, secret: env.Secret, registers: make(map[string]*register)}
	if err := s.store.probe(); err != nil {
		return nil, unwritable(env.Name, dir, err)
	}
	return s, nil
}

// Directory is the local directory that the url option of the sink called name
// stands for.
func Directory(name, text string) (string, error) {
	fault := func(code, msg string) error {
		return &stream.Fault{
			Code: "parquet." + code,
			Path: "sinks." + name + ".url",
			Msg:  msg,
			Hint: "write a directory, such as url: ./lake or url: file:///srv/lake",
		}
	}
	if text == "" {
		return "", fault("url_missing", "no directory is named")
	}
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL {
		return filepath.Clean(text), nil
	}
	if !strings.EqualFold(scheme, "file") {
		return "", fault("url_scheme", "objects can be written to local directories only, not to "+scheme+"://")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", fault("url", "not a file:// URL")
	case u.Host != "" && u.Host != "localhost":
		return "", fault("url_host", "a file:// URL cannot name another host")
	case u.Path == "" || u.Path == "/":
		return "", fault("url_missing", "no directory is named")
	}
	return filepath.Clean(filepath.FromSlash(u.Path)), nil
}
