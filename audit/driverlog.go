package audit

import (
	"log/slog"

	"k8s.io/klog/v2"
)

// RouteDriverLog sends what Tessera logs to l. Tessera logs through klog, whose
// destination is one for the process and by default standard error: main calls
// this once, before any follower.
func RouteDriverLog(l *slog.Logger) { klog.SetSlogLogger(l) }
