package config

import (
	"errors"
	"log/slog"
	"time"

	"lethe/connectors"
)

// Questions is what a connector may use to answer questions: an empty directory
// for its state, and no keys.
func (s Source) Questions(workspace, empty string) connectors.Env {
	return connectors.Env{
		Workspace: workspace,
		Name:      s.Name,
		StateDir:  empty,
		Secret:    func(string) ([]byte, error) { return nil, errors.New("no keys for questions") },
		Log:       slog.New(slog.DiscardHandler),
		Gauge:     func(string, string) func(float64) { return func(float64) {} },
		Now:       time.Now,
	}
}
