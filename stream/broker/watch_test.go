package broker

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

func TestSlowClientsAreNoWarningAndBadFilesAre(t *testing.T) {
	var b bytes.Buffer
	w := &watch{log: slog.New(slog.NewTextHandler(&b, nil)), fail: func(err error) { t.Error(err) }}
	w.Logf(kfake.LogLevelWarn, "txn: EndTxn slow pid=%d", 7)
	w.Logf(kfake.LogLevelWarn, "consumerSessionTimeout: group=%s", "g")
	w.Logf(kfake.LogLevelInfo, "listening")
	if b.Len() > 0 {
		t.Errorf("told: %s", b.String())
	}
	w.Logf(kfake.LogLevelWarn, "pids.log: discarding %d corrupt trailing bytes", 3)
	w.Logf(kfake.LogLevelError, "group %s: claimed twice", "g")
	got := b.String()
	if strings.Count(got, "level=WARN") != 2 || strings.Count(got, " msg=") != 2 || !strings.Contains(got, `kfake="pids.log: discarding 3`) {
		t.Errorf("told: %s", got)
	}
}
