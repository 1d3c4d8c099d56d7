package config

import (
	"errors"
	"log/slog"
	"time"

	"lethe/connectors"
)

// Env is what a connector may use to answer questions: no state, no keys.
func (s Source) Env(workspace string) connectors.Env {
	return connectors.Env{
		Workspace: workspace,
		Name:      s.Name,
		Secret:    func(string) ([]byte, error) { return nil, errors.New("no keys for questions") },
		Log:       slog.New(slog.DiscardHandler),
		Gauge:     func(string, string) func(float64) { return func(float64) {} },
		Now:       time.Now,
	}
}
