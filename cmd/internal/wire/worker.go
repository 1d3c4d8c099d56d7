package wire

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit"
	"lethe/stream"
	"lethe/stream/kafka"
)

// workerName is the name of the worker's key in the keyring.
const workerName = "worker"

// workerKey is the newest key of the folder's worker, also one that was made since.
func (w *Workspace) workerKey() (ed25519.PrivateKey, string, error) {
	key, err := w.keys.SigningKey(workerName)
	if err != nil {
		return nil, "", fmt.Errorf("worker key: %w", err)
	}
	return key, workerID(key), nil
}

func workerID(key ed25519.PrivateKey) string {
	return audit.WorkerID(key.Public().(ed25519.PublicKey))
}

// ledger is a run of entries under a key of the workspace.
type ledger struct {
	*audit.Ledger
	w *Workspace
}

// Signed implements stream.Ledger: the log tells whose keys count, and where.
func (l ledger) Signed(ctx context.Context) (func(offset int64, entry []byte) bool, error) {
	told, err := l.w.recall(ctx)
	if err != nil {
		return nil, err
	}
	return told.Workers.Signed, nil
}

// Stands implements stream.Ledger.
func (l ledger) Stands(ctx context.Context) error { return l.w.fence.stands(ctx, l.Worker()) }

// newLedger opens a run under a key.
func (w *Workspace) newLedger(key ed25519.PrivateKey) (stream.Ledger, error) {
	run := strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + strconv.FormatInt(w.runs.Add(1), 36)
	own, err := audit.NewLedger(workerID(key), key, run)
	return ledger{own, w}, err
}

// ledger opens the run of one opening of a stage.
func (w *Workspace) ledger() (stream.Ledger, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookup)
	defer cancel()
	return w.open(ctx)
}

// open opens a run under the newest key of the folder. The first time that this process
// uses a key it enrols it, whoever did so before. A key that is revoked and that no
// other follows is a Fault.
func (w *Workspace) open(ctx context.Context) (stream.Ledger, error) {
	w.enrolling.Lock()
	defer w.enrolling.Unlock()
	for last := ""; ; {
		key, id, err := w.workerKey()
		if err != nil {
			return nil, err
		}
		l, err := w.newLedger(key)
		if err == nil {
			err = l.Stands(ctx)
		}
		if err == nil && id != w.enrolled {
			if err = w.enrol(ctx, key, l); err == nil {
				w.enrolled = id
			}
		}
		if !errors.Is(err, stream.ErrRevoked) {
			return l, err
		}
		if id == last {
			return nil, w.revokedFault(id)
		}
		// Its successor was made before it was revoked.
		last = id
	}
}

// revokedFault says that the folder has no key that counts.
func (w *Workspace) revokedFault(id string) error {
	return &stream.Fault{Code: "run.worker_revoked", Path: w.folder.Rel(w.folder.Keys), Exit: stream.ExitEnvironment, Final: true,
		Msg: "the key of worker " + id + " is revoked, and this keyring has no later one: what it signs counts no more",
		Hint: "if another machine of this workspace has these keys, copy its keys/signing here;\n" +
			"else lethe keys revoke " + w.folder.Dir + " gives this folder a worker's key anew"}
}

// enrol has the log's key enrol a worker's, unless the log tells that it was revoked.
func (w *Workspace) enrol(ctx context.Context, key ed25519.PrivateKey, l stream.Ledger) error {
	told, err := w.recall(ctx)
	if err != nil {
		return err
	}
	pub := key.Public().(ed25519.PublicKey)
	if at := told.Workers.Of(pub); at != nil && at.Until != nil {
		return fmt.Errorf("worker %s: %w", l.Worker(), stream.ErrRevoked)
	}
	own, err := w.logLedger()
	if err != nil {
		return err
	}
	enrol, err := audit.Enrol(own, l.Worker(), pub, w.base.Now())
	if err != nil {
		return fmt.Errorf("enrol worker: %w", err)
	}
	return w.append(ctx, [][]byte{enrol}, l.Stands)
}

// logLedger opens a run of the log's own key.
func (w *Workspace) logLedger() (*audit.Ledger, error) {
	// It may have been rotated since this process began.
	skey, err := w.folder.LogKey()
	if err != nil {
		return nil, err
	}
	return audit.LogLedger(string(skey.Reveal()), fmt.Sprintf("log-%x-%d", w.base.Now().UnixNano(), w.runs.Add(1)))
}

// write has made make entries, and appends them. Where the key of l is revoked before
// they stand they are made again under the next one, of which it returns the run.
func (w *Workspace) write(ctx context.Context, l stream.Ledger, made func(stream.Ledger) ([][]byte, error)) (stream.Ledger, error) {
	for {
		var err error
		if l == nil {
			if l, err = w.open(ctx); err != nil {
				return nil, err
			}
		}
		entries, err := made(l)
		if err == nil {
			err = w.append(ctx, entries, l.Stands)
		}
		if !errors.Is(err, stream.ErrRevoked) {
			return l, err
		}
		l = nil
	}
}

// append appends entries to the audit topic, all or none, if may says so once they have
// their offsets.
func (w *Workspace) append(ctx context.Context, entries [][]byte, may func(context.Context) error) error {
	// Who begins a transaction ends that of whoever has the same id.
	lock, err := os.OpenFile(filepath.Join(w.folder.State, "actor.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("state: lock: %w", err)
	}
	t := w.base.Topics
	return w.base.Cluster.Append(ctx, t.ActorID(w.base.Instance), t.Audit(), entries, may)
}

// fence tells whose keys are being revoked, before the audit topic does: what a worker
// wrote before it asked has a place before the revocation.
type fence struct {
	cluster kafka.Cluster
	topic   string
	byLog   func(entry []byte) bool

	mu      sync.Mutex
	client  *kgo.Client // nil until somebody asks
	next    int64       // offset
	revoked map[string]bool
}

// stands returns an error wrapping stream.ErrRevoked if the worker's key is revoked.
func (f *fence) stands(ctx context.Context, worker string) error {
	cl, err := f.open()
	if err != nil {
		return err
	}
	// L4: nobody's answer to an earlier question serves here.
	ends, err := kafka.HighWatermarks(ctx, cl, f.topic)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if end := ends[f.topic][0]; end > f.next {
		if err := f.cluster.ReadTo(ctx, f.topic, 0, f.next, end, f.take); err != nil {
			return fmt.Errorf("revocations: %w", err)
		}
		f.next = end
	}
	if f.revoked[worker] {
		return fmt.Errorf("worker %s: %w", worker, stream.ErrRevoked)
	}
	return nil
}

// take notes a revocation that the log's key signed.
func (f *fence) take(r *kgo.Record) error {
	told := make(audit.Workers)
	told.Take(0, r.Value, f.byLog)
	for _, k := range told {
		f.revoked[k.ID] = f.revoked[k.ID] || k.Until != nil
	}
	return nil
}

func (f *fence) open() (*kgo.Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	if f.client == nil {
		f.client, err = f.cluster.Client()
	}
	return f.client, err
}

// put fences a worker: from its return on no transaction under the key is committed
// that has no place on the audit topic yet.
func (f *fence) put(ctx context.Context, worker string, revoke []byte) error {
	return f.cluster.Put(ctx, f.topic, []byte(worker), revoke)
}

func (f *fence) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.client != nil {
		f.client.Close()
	}
}
