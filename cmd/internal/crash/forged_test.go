//go:build linux

package crash

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
)

// forgers runs a test for somebody who may write to topics and has no key, on both
// brokers.
func forgers(t *testing.T, test func(*testing.T, *crashRig)) {
	t.Run("embedded", func(t *testing.T) { test(t, newRig(t, nil)) })
	t.Run("Apache Kafka", func(t *testing.T) {
		addr := os.Getenv("LETHE_TEST_KAFKA")
		if addr == "" {
			missing(t, "LETHE_TEST_KAFKA names no broker: ./test.sh starts one")
		}
		test(t, newRig(t, []string{addr}))
	})
}

// accounts makes a table and a folder whose policy shows its column n.
func (r *crashRig) accounts(t *testing.T) {
	t.Helper()
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)")
	r.folder(t, accountPolicy("keep"))
}

func accountPolicy(n string) string {
	return fmt.Sprintf(`packs: [gdpr]
elements:
  src.public.account/n: commerce.amount
subjects:
  src.public.account: {key: id}
mask:
  elements: {id.record: keep, id.internal: {hmac: {}}, contact.email: redact, commerce.amount: %s}
  default: redact
`, n)
}

// once inserts so many rows, whose n begins with a prefix, and runs once.
func (r *crashRig) once(t *testing.T, from, rows, prefix int) string {
	t.Helper()
	exe(t, r.db, fmt.Sprintf("INSERT INTO account SELECT g, 'user' || g || '@example.com', %d000 + g FROM generate_series(%d, %d) g", prefix, from, from+rows-1))
	out, err := exec.Command(r.lethe, "run", "--once", r.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("lethe run --once: %v\n%s", err, out)
	}
	return string(out)
}

// topics are those of the workspace of a kind.
func (r *crashRig) topics(t *testing.T, c kafka.Cluster, kind string) map[string]int32 {
	t.Helper()
	all, err := c.TopicNames(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		if !strings.HasPrefix(name, "lethe."+r.workspace+"."+kind+".") {
			delete(all, name)
		}
	}
	return all
}

func TestL1L4WhoMayWriteToRawTopicsTakesNoPolicyBack(t *testing.T) {
	forgers(t, func(t *testing.T, r *crashRig) {
		r.accounts(t)
		r.once(t, 1, 40, 660)
		old := r.announced(t)
		put(t, filepath.Join(r.dir, "policy.yaml"), accountPolicy("redact"))
		r.once(t, 101, 40, 770)

		c, done := r.cluster(t)
		cl, err := c.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err != nil {
			t.Fatal(err)
		}
		for topic, partitions := range r.topics(t, c, "raw") {
			for p := range partitions {
				rec := kgo.Record{Topic: topic, Partition: p, Value: fmt.Appendf(nil, `{"connection":"all","revision":%q}`, old),
					Headers: []kgo.RecordHeader{{Key: stream.HeaderControl, Value: []byte(stream.ControlPolicy)}}}
				if err := cl.ProduceSync(t.Context(), &rec).FirstErr(); err != nil {
					t.Fatal(err)
				}
			}
		}
		cl.Close()
		done()
		if out := r.once(t, 201, 40, 880); !strings.Contains(out, "find who may write to this topic") {
			t.Errorf("lethe run does not tell:\n%s", out)
		}
		out, err := exec.Command(r.lethe, "verify", r.dir).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("were forged or written again, and refused")) {
			t.Errorf("lethe verify: %v\n%s", err, out)
		}
		seen := r.shown(t)
		if seen["660"] != 40 || seen["770"] != 0 || seen["880"] != 0 {
			t.Errorf("n of the rows of each round that the masked topic shows: %v", seen)
		}
	})
}

// announced is the revision in force, as anybody reads it who may read the log.
func (r *crashRig) announced(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "log", "tile", "entries", "*"))
	more, _ := filepath.Glob(filepath.Join(r.dir, "log", "tile", "entries", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, more...) {
		text, _ := os.ReadFile(f)
		if _, rest, ok := bytes.Cut(text, []byte(`"revision":"`)); ok && len(rest) > 64 {
			return string(rest[:64])
		}
	}
	t.Fatal("the log names no revision")
	return ""
}

// shown counts the masked records that show an n, by what it begins with.
func (r *crashRig) shown(t *testing.T) map[string]int {
	t.Helper()
	c, done := r.cluster(t)
	defer done()
	seen := map[string]int{}
	for topic, partitions := range r.topics(t, c, "masked") {
		for p := range partitions {
			err := c.ReadRange(t.Context(), topic, p, 0, func(rec *kgo.Record) error {
				for _, prefix := range []string{"660", "770", "880"} {
					if bytes.Contains(rec.Value, []byte(`"n":`+prefix)) {
						seen[prefix]++
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return seen
}

func TestL2ARawTopicThatIsLostIsNotMadeAgain(t *testing.T) {
	forgers(t, func(t *testing.T, r *crashRig) {
		r.accounts(t)
		r.once(t, 1, 40, 660)
		c, done := r.cluster(t)
		topic := "lethe." + r.workspace + ".raw.pii.src"
		cl, err := c.Client()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kadm.NewClient(cl).DeleteTopic(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
		cl.Close()
		done()
		exe(t, r.db, "INSERT INTO account VALUES (999, 'user999@example.com', 880999)")
		for range 2 { // it is not made by the first try
			out, err := exec.Command(r.lethe, "run", "--once", "--json", r.dir).CombinedOutput()
			var exit *exec.ExitError
			if exit, _ = err.(*exec.ExitError); exit == nil || exit.ExitCode() != stream.ExitEnvironment || !bytes.Contains(out, []byte("run.offsets_lost")) {
				t.Fatalf("lethe run --once: %v\n%s", err, out)
			}
		}
	})
}
