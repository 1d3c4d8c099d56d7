//go:build linux

package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sys/unix"

	"lethe/stream"
)

// An aim waits until lethe run is at a moment, and leaves it there: frozen, or
// so shortly after that the kill comes in it. It reports whether it saw the
// moment; after giveUp it has not.
type aim struct {
	name  string
	share int // of ten kills
	wait  func(*testing.T, *life, time.Time) bool
}

// giveUp is how long an aim is waited for; one that did not come is killed all
// the same, and tried again. On Apache Kafka the transactions and the membership
// of a killed process end by time-out only, so it takes that long until a life
// does more than read its source.
const giveUp = 30 * time.Second

func (r *crashRig) aims() []aim {
	endTxn := r.insideEmbeddedEndTxn
	if r.brokers != nil {
		endTxn = r.insideKafkaEndTxn
	}
	return []aim{
		{"in a snapshot chunk", 2, r.insideChunk}, // first: there is one snapshot
		{"between object and manifest", 2, r.betweenObjectAndManifest},
		{"inside EndTxn", 2, endTxn},
		{"with drained raw topics", 1, r.drained},
		{"at random", 3, func(_ *testing.T, l *life, _ time.Time) bool {
			most := 1500
			if r.brokers != nil && rand.IntN(3) == 0 {
				most *= 8
			}
			l.lives(time.Duration(rand.IntN(most)) * time.Millisecond)
			return true
		}},
	}
}

// kill starts lethe run and kills it until every aim had its share of the
// kills, and says how often each was hit.
func (r *crashRig) kill(t *testing.T, kills int) map[string]int {
	hits := make(map[string]int)
	one := func(a aim) bool {
		l := r.launch(t)
		hit := a.wait(t, l, time.Now().Add(giveUp))
		l.kill()
		if hit {
			hits[a.name]++
		} else {
			hits["too late "+a.name]++
		}
		return hit
	}
	for range 3 {
		one(aim{"in the snapshot of a table without a key", 0, r.insideKeyless})
	}
	aims := r.aims()
	left := make([]int, len(aims))
	total := 0
	for i, a := range aims {
		left[i] = max(1, kills*a.share/10)
		total += left[i]
	}
	for lives := 0; total > 0; lives++ {
		if lives > 2*kills+10 {
			t.Errorf("after %d kills an aim is still to be hit: %v", lives, hits)
			break
		}
		i := 0
		if left[0] == 0 {
			for i = rand.IntN(len(aims)); left[i] == 0; {
				i = rand.IntN(len(aims))
			}
		}
		if one(aims[i]) {
			left[i]--
			total--
		}
	}
	return hits
}

// insideKeyless waits until some rows of the table without a key are committed
// and many are not; nothing else is written meanwhile.
func (r *crashRig) insideKeyless(t *testing.T, l *life, deadline time.Time) bool {
	return r.unwritten(t, l, deadline, func(admin *kadm.Client) bool {
		committed := func() (sum int64) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			ends, _ := admin.ListCommittedOffsets(ctx, stream.Topics{Workspace: r.workspace}.Raw("pii", "src"))
			ends.Each(func(end kadm.ListedOffset) { sum += end.Offset })
			return sum
		}
		for first := committed(); time.Now().Before(deadline); l.lives(time.Millisecond) {
			if n := committed() - first; n > accesses/50 {
				return n < accesses*2/3
			}
		}
		return false
	})
}

// unwritten waits for something in the topics while the writer is kept from
// writing; false if no broker answers before the deadline.
func (r *crashRig) unwritten(t *testing.T, l *life, deadline time.Time, wait func(admin *kadm.Client) bool) bool {
	r.writing.Lock()
	defer r.writing.Unlock()
	admin := r.admin(t, l, deadline)
	if admin == nil {
		return false
	}
	defer admin.Close()
	return wait(admin)
}

// admin speaks to the broker, also to the one inside of lethe run.
func (r *crashRig) admin(t *testing.T, l *life, deadline time.Time) *kadm.Client {
	t.Helper()
	addrs := r.brokers
	for ; len(addrs) == 0; l.lives(time.Millisecond) {
		if at := l.listens(); at != "" {
			addrs = []string{at}
		}
		if time.Now().After(deadline) {
			return nil
		}
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addrs...))
	if err != nil {
		t.Fatal(err)
	}
	return kadm.NewClient(cl)
}

// insideChunk stops in the transaction that reads a chunk: some rows of the
// table came before, others come after.
func (r *crashRig) insideChunk(t *testing.T, l *life, deadline time.Time) bool {
	reading := func() bool {
		var n int
		if err := r.db.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'lethe'
			AND backend_type = 'client backend' AND state <> 'idle' AND (query LIKE 'FETCH % FROM lethe' OR query LIKE 'DECLARE lethe %')`,
			r.workspace).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n > 0
	}
	for chunks := rand.IntN(5); time.Now().Before(deadline); l.lives(500 * time.Microsecond) {
		if !reading() {
			continue
		}
		if chunks--; chunks >= 0 {
			continue
		}
		l.freeze()
		if reading() {
			return true
		}
		l.thaw()
	}
	return false
}

// betweenObjectAndManifest stops when an object lies in the lake that readers
// do not see yet: its offsets and receipt are not committed, or just are.
func (r *crashRig) betweenObjectAndManifest(t *testing.T, l *life, deadline time.Time) bool {
	lake := filepath.Join(r.dir, "lake")
	if err := os.MkdirAll(lake, 0o700); err != nil {
		t.Fatal(err)
	}
	w := watchFolder(t, lake, unix.IN_CREATE|unix.IN_MOVED_TO)
	defer w.close()
	for skip := rand.IntN(20); time.Now().Before(deadline); l.lives(0) {
		for _, name := range w.next() {
			if skip--; skip >= 0 || !strings.HasSuffix(name, ".parquet") {
				continue
			}
			l.freeze()
			if _, err := os.Stat(filepath.Join(lake, "_manifest", manifestOf(name))); err != nil {
				return true
			}
			l.thaw()
		}
	}
	return false
}

// manifestOf is the name of an object's manifest: that of the object is
// <topic>-<p>-<from>-<to>-<generation>-<sha8>.parquet.
func manifestOf(object string) string {
	parts := strings.Split(object, "-")
	return strings.Join(parts[:max(0, len(parts)-3)], "-") + ".json"
}

// insideEmbeddedEndTxn stops when the broker's files say that a commit is
// decided and not done: the intent is whole, and the log of producers does not
// yet say that their transaction ended.
func (r *crashRig) insideEmbeddedEndTxn(t *testing.T, l *life, deadline time.Time) bool {
	dir := filepath.Join(r.dir, "state", "broker")
	w := watchFolder(t, dir, unix.IN_MODIFY)
	defer w.close()
	for skip := rand.IntN(40); time.Now().Before(deadline); l.lives(0) {
		for _, name := range w.next() {
			if skip--; skip >= 0 || name != "intent" {
				continue
			}
			l.freeze()
			if intended(t, dir) {
				return true
			}
			l.thaw()
			break
		}
	}
	return false
}

// intended reads what lethe/stream/broker says of itself: an intent counts while
// the last entry of its producer is an "init" with its epoch.
func intended(t *testing.T, dir string) bool {
	raw, err := os.ReadFile(filepath.Join(dir, "intent"))
	if err != nil {
		t.Fatal(err)
	}
	const head = 10 // of a frame: length, checksum, version
	var intent, entry struct {
		PID    int64
		Epoch  int16
		Type   string
		Commit bool
	}
	if len(raw) < head || raw[0] == 0 && raw[1] == 0 || json.NewDecoder(bytes.NewReader(raw[head:])).Decode(&intent) != nil {
		return false
	}
	log, err := os.ReadFile(filepath.Join(dir, "data", "pids.log"))
	if err != nil {
		t.Fatal(err)
	}
	open := false
	for _, part := range bytes.SplitAfter(log, []byte("}")) {
		if at := bytes.IndexByte(part, '{'); at >= 0 && json.Unmarshal(part[at:], &entry) == nil && entry.PID == intent.PID {
			open = entry.Type == "init" && entry.Epoch == intent.Epoch
		}
	}
	return open && intent.Commit
}

// insideKafkaEndTxn waits until the broker says that one of the workspace's
// transactions is decided and not done. A frozen client would not stop the
// broker, so the kill follows at once.
func (r *crashRig) insideKafkaEndTxn(t *testing.T, l *life, deadline time.Time) bool {
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	mine := stream.Topics{Workspace: r.workspace}.IngestID("")
	mine = strings.TrimSuffix(mine, "ingest.")
	for skip := rand.IntN(10); time.Now().Before(deadline); l.lives(0) {
		req := kmsg.NewPtrListTransactionsRequest()
		req.StateFilters = []string{"PrepareCommit"}
		for _, shard := range cl.RequestSharded(t.Context(), req) {
			resp, ok := shard.Resp.(*kmsg.ListTransactionsResponse)
			if !ok {
				continue
			}
			for _, s := range resp.TransactionStates {
				if strings.HasPrefix(s.TransactionalID, mine) {
					skip--
				}
			}
			if skip < 0 {
				return true
			}
		}
	}
	return false
}

// drained keeps the writer from writing until everything went through and was
// deleted from the raw topics.
func (r *crashRig) drained(t *testing.T, l *life, deadline time.Time) bool {
	return r.unwritten(t, l, deadline, func(admin *kadm.Client) bool {
		for ; time.Now().Before(deadline); l.lives(20 * time.Millisecond) {
			if rawIsEmpty(t.Context(), admin, stream.Topics{Workspace: r.workspace}) {
				return true
			}
		}
		return false
	})
}

// rawIsEmpty reports whether the raw topics held records and hold but the last
// ones: the broker keeps the last batch of a partition, or a marker.
func rawIsEmpty(ctx context.Context, admin *kadm.Client, topics stream.Topics) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	raw := []string{topics.Raw("pii", "src"), topics.Raw("financial", "src")}
	starts, err := admin.ListStartOffsets(ctx, raw...)
	if err != nil {
		return false
	}
	ends, err := admin.ListEndOffsets(ctx, raw...)
	if err != nil {
		return false
	}
	const rest = 2
	used, empty := 0, 0
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset == 0 {
			return
		}
		used++
		if start, ok := starts.Lookup(end.Topic, end.Partition); ok && start.Offset > 0 && end.Offset-start.Offset <= rest {
			empty++
		}
	})
	return used > 0 && empty == used
}
