package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Share is a group of functions and its part of the CPU time.
type Share struct {
	Group string        `json:"group"`
	CPU   time.Duration `json:"cpu_ns"`
}

// group is a kind of work and how functions that do it begin.
type group struct {
	name     string
	prefixes []string
}

// groups name the kinds of work. A sample belongs to the first frame, from the
// innermost out, that a group names; of two groups that name it the first wins.
// So a copy belongs to whoever copies, and hashing to hashing, whoever asked
// for it.
var groups = []group{
	{"garbage collection", []string{"runtime.gc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.wbBuf", "runtime.scan", "runtime.grey", "runtime.(*mspan).sweep", "runtime.(*sweepLocked)", "runtime.markroot", "runtime.bulkBarrier"}},
	{"allocation", []string{"runtime.mallocgc", "runtime.newobject", "runtime.growslice", "runtime.makeslice", "runtime.memclrNoHeapPointersChunked", "runtime.(*mheap)", "runtime.(*mcache)"}},
	{"scheduler", []string{"runtime.futex", "runtime.findRunnable", "runtime.schedule", "runtime.mcall", "runtime.netpoll", "runtime.usleep", "runtime.osyield", "runtime.lock2", "runtime.unlock2", "runtime.procyield",
		"runtime.ready", "runtime.wakep", "runtime.startm", "runtime.stopm", "runtime.mstart", "runtime.sysmon", "runtime.epollwait", "runtime.goready", "runtime.park_m", "runtime.morestack"}},
	{"system calls", []string{"syscall.", "internal/runtime/syscall.", "golang.org/x/sys/unix."}},
	{"SHA-256 and HMAC", []string{"crypto/sha256.", "crypto/hmac.", "crypto/internal/fips140/sha256.", "crypto/internal/fips140/hmac.", "lethe/stream/lanes.", "lethe/stream/tree.",
		"lethe/masking.(*hashing)"}},
	{"AES-GCM", []string{"crypto/aes.", "crypto/cipher.", "crypto/internal/fips140/aes"}},
	{"signatures, random", []string{"crypto/", "math/rand"}},
	{"zstd", []string{"github.com/klauspost/compress"}},
	{"lz4", []string{"github.com/pierrec/lz4"}},
	{"CRC", []string{"hash/crc32."}},
	{"JSON by reflection", []string{"encoding/json."}},
	{"embedded broker", []string{"github.com/twmb/franz-go/pkg/kfake", "lethe/stream/broker."}},
	{"Kafka client", []string{"github.com/twmb/franz-go", "lethe/stream/kafka."}},
	{"Parquet", []string{"github.com/apache/arrow-go", "lethe/connectors/parquet"}},
	{"reading PostgreSQL", []string{"github.com/jackc/", "lethe/connectors/postgres"}},
	{"names in text", []string{"lethe/masking/detect/names"}},
	{"patterns in text", []string{"lethe/masking/detect"}},
	{"JSON Schema", []string{"lethe/masking/conform", "github.com/santhosh-tekuri"}},
	{"reading JSON", []string{"lethe/stream/scan.", "lethe/masking/internal/members."}},
	{"masking", []string{"lethe/masking"}},
	{"audit log", []string{"github.com/transparency-dev", "golang.org/x/mod/sumdb", "lethe/audit"}},
	{"stages", []string{"lethe/stream"}},
	{"measuring", []string{"lethe/bench", "runtime/pprof.", "github.com/prometheus"}},
}

// other is the group of what no group names.
const other = "other"

// Profile condenses a CPU profile into groups, largest first: what functions whose
// name fits the pattern began, or everything if it is empty. It asks the go command,
// which must be in PATH.
func Profile(ctx context.Context, path, pattern string) ([]Share, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "pprof", "-traces", "-unit=us", "-focus="+pattern, path)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		os.Stderr.Write(complaint.Bytes())
		return nil, fmt.Errorf("profile %s: go tool pprof: %w", path, err)
	}
	return condense(&out)
}

// condense adds up the output of pprof -traces: samples between dashed lines,
// the time before the innermost frame.
func condense(traces io.Reader) ([]Share, error) {
	sums := make(map[string]time.Duration)
	var cost time.Duration
	var frames []string
	flush := func() {
		if len(frames) > 0 {
			sums[classify(frames)] += cost
		}
		cost, frames = 0, frames[:0]
	}
	lines := bufio.NewScanner(traces)
	lines.Buffer(nil, 1<<20)
	begun := false
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(text, "-----------+") {
			begun = true
			flush()
			continue
		}
		if !begun || text == "" {
			continue
		}
		if len(frames) == 0 {
			value, frame, _ := strings.Cut(text, " ")
			d, err := time.ParseDuration(value)
			if err != nil {
				continue // a label of the sample
			}
			cost, text = d, strings.TrimSpace(frame)
		}
		frames = append(frames, strings.TrimSuffix(text, " (inline)"))
	}
	flush()
	var out []Share
	for name, d := range sums {
		out = append(out, Share{name, d})
	}
	slices.SortFunc(out, func(a, b Share) int {
		if a.CPU != b.CPU {
			return int(min(max(b.CPU-a.CPU, -1), 1))
		}
		return strings.Compare(a.Group, b.Group)
	})
	return out, lines.Err()
}

// classify gives the group of a sample, whose frames begin with the innermost.
func classify(frames []string) string {
	for _, f := range frames {
		for _, g := range groups {
			for _, p := range g.prefixes {
				if strings.HasPrefix(f, p) {
					return g.name
				}
			}
		}
	}
	return other
}
