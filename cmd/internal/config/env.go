package config

import (
	"errors"
	"log/slog"
	"time"

	"lethe/connectors"
)

// Questions is what a connector may use to answer questions: an empty directory
// for its state, and no keys. Its warnings go to log.
func (s Source) Questions(workspace, empty string, log *slog.Logger) connectors.Env {
	return questions(workspace, s.Name, empty, log)
}

// Questions is what a connector may use to say whether the sink can be written
// to: no directory and no keys. Its warnings go to log.
func (s Sink) Questions(workspace string, log *slog.Logger) connectors.Env {
	return questions(workspace, s.Name, "", log)
}

func questions(workspace, name, empty string, log *slog.Logger) connectors.Env {
	return connectors.Env{
		Workspace: workspace,
		Name:      name,
		StateDir:  empty,
		Secret:    func(string) ([]byte, error) { return nil, errors.New("no keys for questions") },
		Log:       log,
		Gauge:     func(string, string) func(float64) { return func(float64) {} },
		Now:       time.Now,
	}
}
