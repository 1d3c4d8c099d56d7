// Command benthos masks the events of a file, one a line, by a bloblang mapping with
// the rules of bench/mask, and prints what a record cost as JSON.
//
// It does less than what it is measured beside: its detectors are three patterns
// without a check, and it makes no leaf and no root.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
)

const mapping = `
map row {
  root = this.without("address")
  root.id = this.id.string().hash("hmac_sha256", "0123456789abcdef0123456789abcdef").encode("hex").slice(0, 32)
  root.full_name = "[redacted]"
  root.email = this.email.trim().lowercase().hash("hmac_sha256", "1123456789abcdef0123456789abcdef").encode("hex").slice(0, 32)
  root.phone = this.phone.re_replace_all("[^0-9]", "").re_replace_all("^0", "66").hash("hmac_sha256", "2123456789abcdef0123456789abcdef").encode("hex").slice(0, 32)
  root.national_id = "**************" + this.national_id.slice(-3)
  root.birth_date = null
  root.notes = this.notes.re_replace_all("[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}", "[EMAIL_ADDRESS]").re_replace_all("\\b(?:[0-9]{4}[ -]?){3}[0-9]{4}\\b", "[CREDIT_CARD]").re_replace_all("\\b0[0-9]{2}-[0-9]{3}-[0-9]{4}\\b", "[PHONE_NUMBER]")
}
root = this
root.before = if this.before != null { this.before.apply("row") }
root.after = this.after.apply("row")
`

// figure is what bench/mask reads.
type figure struct {
	Record      time.Duration `json:"ns_per_record"`
	Best        time.Duration `json:"best_ns_per_record"`
	Allocations float64       `json:"allocations_per_record"`
}

func main() {
	f, err := measure(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benthos:", err)
		os.Exit(1)
	}
}

// measure goes over all events five times after a first one, on one thread of Go;
// all of the process's CPU time counts, that of the garbage collection too.
func measure(args []string) (figure, error) {
	if len(args) != 1 {
		return figure{}, fmt.Errorf("want a file of events")
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return figure{}, err
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	exe, err := bloblang.Parse(mapping)
	if err != nil {
		return figure{}, err
	}
	runtime.GOMAXPROCS(1)
	var took []time.Duration
	var allocs float64
	for round := range 6 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := cpu()
		for _, line := range lines {
			if err := one(exe, line); err != nil {
				return figure{}, err
			}
		}
		cost := cpu() - began
		runtime.ReadMemStats(&after)
		if round > 0 {
			took = append(took, cost/time.Duration(len(lines)))
			allocs = float64(after.Mallocs-before.Mallocs) / float64(len(lines))
		}
	}
	slices.Sort(took)
	return figure{Record: took[len(took)/2], Best: took[0], Allocations: allocs}, nil
}

func one(exe *bloblang.Executor, line []byte) error {
	out, err := service.NewMessage(line).BloblangQuery(exe)
	if err != nil {
		return err
	}
	masked, err := out.AsBytes()
	if err == nil && !bytes.Contains(masked, []byte(`"full_name":"[redacted]"`)) {
		err = fmt.Errorf("an event was not masked")
	}
	return err
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
