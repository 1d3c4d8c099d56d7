package wire

import _ "embed"

//go:embed alerts.yml
var alerts string

// Alerts are rules for Prometheus over the metrics of a workspace, as a file of rules.
func Alerts() string { return alerts }
