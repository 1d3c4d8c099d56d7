//go:build !linux

package bench

import "time"

// Pin does nothing here: the system has no call for it.
func Pin() error { return nil }

// ThreadCPU is the CPU time of the process, of which the calling thread does the
// work: the system does not tell them apart.
func ThreadCPU() (time.Duration, error) { return selfCPU() }
