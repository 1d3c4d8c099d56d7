package bench

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Pin keeps the calling thread on one core, so that it does not leave its caches:
// the last one, since the first mostly serves interrupts. The caller has locked its
// goroutine to the thread.
func Pin() error {
	var set, one unix.CPUSet
	err := unix.SchedGetaffinity(0, &set)
	for cpu := range 1024 {
		if set.IsSet(cpu) {
			one.Zero()
			one.Set(cpu)
		}
	}
	if err == nil {
		err = unix.SchedSetaffinity(0, &one)
	}
	if err != nil {
		return fmt.Errorf("pin to a core: %w", err)
	}
	return nil
}

// ThreadCPU is the CPU time of the calling thread.
func ThreadCPU() (time.Duration, error) { return used(unix.RUSAGE_THREAD) }
