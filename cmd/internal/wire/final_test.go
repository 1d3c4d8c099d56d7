package wire

import (
	"errors"
	"fmt"
	"testing"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/stream"
)

func TestWhatNoSecondTryMendsOfTheLogIsAFault(t *testing.T) {
	w := &Workspace{folder: &config.Folder{Dir: ".", Root: "/shop", Log: "/shop/log"}}
	for _, c := range []struct {
		err  error
		code string
	}{{audit.ErrDeposed, "run.log_deposed"}, {audit.ErrDamaged, "run.log_damaged"}} {
		f := stream.Faults(w.final(fmt.Errorf("follow: %w", c.err)))
		if len(f) != 1 || f[0].Code != c.code || f[0].Path != "log" || f[0].Hint == "" {
			t.Errorf("%v: %v", c.err, f)
		}
	}
	other := errors.New("a broker that restarts")
	if w.final(other) != other || w.final(nil) != nil {
		t.Error("what may pass became a fault")
	}
}
