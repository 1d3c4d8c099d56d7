package broker

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sys/unix"
)

// How a life aims at its own death (envAim):
//
//	start 12ms                from the first line of the life, recovery included
//	time 80ms                 from when the broker stands
//	stop 80ms                 a clean stop in the middle of everything
//	endtxn 7 300us            that long after the seventh EndTxn came
//	write copier 3 groups.log instead of that write, in the third commit of the
//	                          copier; "any" is any file that the EndTxn writes
//	never

func die() { unix.Kill(os.Getpid(), unix.SIGKILL) }

// deadly is what kfake tells of a failed write: its log line comes before it
// does anything else.
type deadly struct{ slog.Handler }

func (deadly) Enabled(context.Context, slog.Level) bool { return true }

func (deadly) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		die()
	}
	return nil
}

func (deadly) Logf(_ kfake.LogLevel, format string, _ ...any) {
	if strings.HasPrefix(format, "persist ") {
		die()
	}
}

// aim arms the kill; the function it returns aims at the broker's EndTxn.
func aim(dir string) func(*kfake.Cluster) {
	f := strings.Fields(os.Getenv(envAim))
	after := func(s string) time.Duration {
		d, err := time.ParseDuration(s)
		if err != nil {
			panic(err)
		}
		return d
	}
	switch f[0] {
	case "start":
		time.AfterFunc(after(f[1]), die)
	case "time":
		return func(*kfake.Cluster) { time.AfterFunc(after(f[1]), die) }
	case "endtxn":
		left, _ := strconv.Atoi(f[1])
		return func(c *kfake.Cluster) { aimWithin(c, left, after(f[2])) }
	case "write":
		left, _ := strconv.Atoi(f[2])
		return func(c *kfake.Cluster) {
			(&writeAim{dir: dir, cluster: c, id: f[1], left: left, file: f[3], touched: map[string]bool{}}).install()
		}
	}
	return func(*kfake.Cluster) {}
}

func aimWithin(c *kfake.Cluster, left int, after time.Duration) {
	c.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if left--; left == 0 {
			var aimed atomic.Bool
			go func() {
				aimed.Store(true) // on a thread of its own before EndTxn goes on
				for at := time.Now().Add(after); time.Now().Before(at); {
				}
				die()
			}()
			for !aimed.Load() {
			}
		}
		return nil, nil, false
	})
}

// writeAim kills the process instead of one write of one commit, whatever the
// speed of the machine: it lets the open file point to a full device, and the
// broker's log line of the failed write is the trigger. What was written before
// stays, what comes after does not happen.
type writeAim struct {
	dir     string
	cluster *kfake.Cluster
	id      string
	left    int
	file    string

	// The loop's: partitions with records in the transaction that is open.
	touched map[string]bool
}

func (a *writeAim) install() {
	a.cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		a.cluster.KeepControl()
		req := r.(*kmsg.ProduceRequest)
		if req.TransactionID == nil || *req.TransactionID != a.id {
			return nil, nil, false
		}
		for _, t := range req.Topics {
			name := t.Topic
			if info := a.cluster.TopicIDInfo(t.TopicID); name == "" && info != nil {
				name = info.Topic
			}
			for _, p := range t.Partitions {
				a.touched[filepath.Base(layout{}.partition(name, p.Partition))] = true
			}
		}
		return nil, nil, false
	})
	a.cluster.ControlKey(int16(kmsg.EndTxn), func(r kmsg.Request) (kmsg.Response, error, bool) {
		a.cluster.KeepControl()
		req := r.(*kmsg.EndTxnRequest)
		if req.TransactionalID != a.id {
			return nil, nil, false
		}
		if a.left--; a.left <= 0 && req.Commit {
			a.takeAway()
		}
		clear(a.touched)
		return nil, nil, false
	})
}

// takeAway lets one of the files that this EndTxn writes be full.
func (a *writeAim) takeAway() {
	fds := a.writes()
	if len(fds) == 0 {
		return // the next commit has them
	}
	full, err := unix.Open("/dev/full", unix.O_WRONLY, 0)
	if err == nil {
		err = unix.Dup3(full, fds[rand.IntN(len(fds))], unix.O_CLOEXEC)
	}
	if err != nil {
		panic(err)
	}
}

// writes lists the open files that this EndTxn writes and the aim means.
func (a *writeAim) writes() (fds []int) {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	for _, e := range open {
		path, _ := os.Readlink("/proc/self/fd/" + e.Name())
		rel, err := filepath.Rel(a.dir, path)
		fd, _ := strconv.Atoi(e.Name())
		flags, ctl := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil || strings.HasPrefix(rel, "..") || ctl != nil || flags&unix.O_ACCMODE == unix.O_RDONLY {
			continue
		}
		name := filepath.Base(rel)
		mine := name == "pids.log" || name == "groups.log" && a.id == "copier" || a.touched[filepath.Base(filepath.Dir(rel))]
		if mine && (a.file == "any" || a.file == name) {
			fds = append(fds, fd)
		}
	}
	return fds
}

// spans are how long things take on this machine, under no other load.
type spans struct{ endTxn, start time.Duration }

// aims picks the moment of the i-th kill: inside EndTxn half of the time, at a
// write or at any time, inside recovery, anywhere, or right after a clean stop
// under load.
func aims(r *rand.Rand, i int, s spans) string {
	switch i % 10 {
	case 0:
		return tornCommit(r)
	case 1, 2:
		return fmt.Sprintf("write %s %d any", []string{"copier", "producer"}[r.IntN(2)], 1+r.IntN(20))
	case 3, 4:
		return fmt.Sprintf("endtxn %d %v", 1+r.IntN(40), within(r, s.endTxn))
	case 5, 6, 7:
		return fmt.Sprintf("start %v", within(r, 2*s.start))
	case 8:
		return fmt.Sprintf("stop %v", 20*time.Millisecond+within(r, 300*time.Millisecond))
	}
	return fmt.Sprintf("time %v", 20*time.Millisecond+within(r, 400*time.Millisecond))
}

// tornCommit aims between the last marker and the first offset of a copy: the
// copies are committed, that they were made is not.
func tornCommit(r *rand.Rand) string { return fmt.Sprintf("write copier %d groups.log", 2+r.IntN(5)) }

func within(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }
