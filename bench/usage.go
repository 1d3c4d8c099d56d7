package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// Meter measures what this process uses from [Start] on. Children and servers
// are not counted.
type Meter struct {
	at  time.Time
	cpu time.Duration
}

// Start begins to measure and, where the system allows it, forgets the peak of
// memory so far.
func Start() (Meter, error) {
	// Linux, proc(5): 5 resets the peak resident set size. Elsewhere the peak is
	// that of the process's life.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	cpu, err := selfCPU()
	return Meter{at: time.Now(), cpu: cpu}, err
}

// Stop says what was used since Start for so many rows.
func (m Meter) Stop(name string, rows int64) (Hop, error) {
	wall := time.Since(m.at)
	cpu, err := selfCPU()
	if err != nil {
		return Hop{}, err
	}
	peak, err := peak()
	return Hop{Name: name, Rows: rows, Wall: wall, CPU: cpu - m.cpu, Peak: peak}, err
}

func selfCPU() (time.Duration, error) { return used(syscall.RUSAGE_SELF) }

func used(who int) (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0, fmt.Errorf("resource usage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

func peak() (int64, error) {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		if kb, ok := statusKB(status, "VmHWM:"); ok {
			return kb << 10, nil
		}
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("resource usage: %w", err)
	}
	return int64(u.Maxrss) << 10, nil
}

// statusKB reads a line of /proc/<pid>/status that is in kB.
func statusKB(status []byte, name string) (int64, bool) {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
			kb, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))), 10, 64)
			return kb, err == nil
		}
	}
	return 0, false
}

// ticks is the unit of CPU time in /proc/<pid>/stat: USER_HZ, which is 100 on
// every architecture that Go runs on.
const ticks = time.Second / 100

// Process is what another process of this machine has used of CPU in its life,
// and its peak of memory.
func Process(pid int) (cpu time.Duration, peak int64, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, 0, fmt.Errorf("process %d: %w", pid, err)
	}
	// proc(5): the name in parentheses may hold anything; utime and stime are
	// fields 14 and 15, the state behind the name is field 3.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, 0, fmt.Errorf("process %d: stat of %d fields", pid, len(fields))
	}
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("process %d: %w", pid, err)
		}
		cpu += time.Duration(n) * ticks
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return 0, 0, fmt.Errorf("process %d: %w", pid, err)
	}
	kb, _ := statusKB(status, "VmHWM:")
	return cpu, kb << 10, nil
}
