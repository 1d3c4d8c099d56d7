// Package witness cosigns checkpoints of logs that only grow, so that two people are
// never shown two histories of one log.
//
// Its words are C2SP's (tlog-witness, tlog-cosignature, checkpoint, origin). It knows a
// log by its public key, and of its entries nothing. Anyone can run it, on another
// machine than the log's: its worth is that somebody else does.
//
// Promise: L4 provable: what it signs extends everything that it signed before of that
// log, also after it was killed.
package witness

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/stream/disk"
)

// Config says what a witness cosigns.
type Config struct {
	Dir    string          // where it keeps what it signed last, a file for each log
	Signer note.Signer     // of cosignatures (cosignature/v1)
	Logs   []note.Verifier // of the logs that it knows
	Log    *slog.Logger
}

// Witness is an http.Handler of POST /add-checkpoint (C2SP tlog-witness).
type Witness struct {
	cfg  Config
	logs map[string]note.Verifier // by origin
	lock *os.File
	mu   sync.Mutex
}

// New opens a witness.
func New(cfg Config) (*Witness, error) {
	w := &Witness{cfg: cfg, logs: make(map[string]note.Verifier)}
	for _, v := range cfg.Logs {
		if w.logs[v.Name()] != nil {
			return nil, fmt.Errorf("witness: log %s is named twice", v.Name())
		}
		w.logs[v.Name()] = v
	}
	if err := disk.MakeDir(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	var err error
	if w.lock, err = os.OpenFile(filepath.Join(cfg.Dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	// L4: of two on one directory each could sign another history. The kernel drops the
	// lock when the process dies, however it dies.
	if err := syscall.Flock(int(w.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		w.lock.Close()
		return nil, ErrHeld
	}
	return w, nil
}

// ErrHeld says that another process is the witness of that directory.
var ErrHeld = errors.New("another witness holds the directory")

// Close lets another process be the witness.
func (w *Witness) Close() error { return w.lock.Close() }

// maxRequest is more than 63 hashes and a checkpoint need.
const maxRequest = 64 << 10

// refusal is why a checkpoint is not cosigned.
type refusal struct {
	status int
	msg    string
	size   int64 // that is known, of a conflict
}

func (r *refusal) Error() string { return r.msg }

// ServeHTTP implements http.Handler.
func (w *Witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/add-checkpoint" {
		http.NotFound(rw, r)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(rw, "POST it", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequest))
	if err != nil {
		http.Error(rw, "too large", http.StatusBadRequest)
		return
	}
	line, err := w.Add(body)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.status == http.StatusConflict:
		w.cfg.Log.Warn("a checkpoint was not cosigned", "why", no.msg, "known", no.size)
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(no.status)
		fmt.Fprintf(rw, "%d\n", no.size)
	case errors.As(err, &no):
		w.cfg.Log.Warn("a checkpoint was not cosigned", "why", no.msg)
		http.Error(rw, no.msg, no.status)
	case err != nil:
		w.cfg.Log.Error("witness", "err", err)
		http.Error(rw, "the witness cannot keep its state", http.StatusInternalServerError)
	default:
		rw.Write(line)
	}
}

// request is a checkpoint and that it extends another.
type request struct {
	old        int64
	proof      tlog.TreeProof
	checkpoint []byte
	origin     string
	tree       tlog.Tree
}

// Add cosigns the checkpoint of a request: its answer is the signature's line. What it
// refuses is told with the status that C2SP has for it.
func (w *Witness) Add(body []byte) (line []byte, err error) {
	q, err := parse(body)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, msg: err.Error()}
	}
	v := w.logs[q.origin]
	if v == nil {
		return nil, &refusal{status: http.StatusNotFound, msg: "this log is not known here"}
	}
	n, err := note.Open(q.checkpoint, note.VerifierList(v))
	if err != nil {
		return nil, &refusal{status: http.StatusForbidden, msg: "no valid signature of the log's key"}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	known, err := w.known(q.origin)
	if err != nil {
		return nil, err
	}
	if err := q.follows(known); err != nil {
		return nil, err
	}
	cosigned, err := note.Sign(&note.Note{Text: n.Text}, w.cfg.Signer)
	if err != nil {
		return nil, fmt.Errorf("witness: sign: %w", err)
	}
	// L4: it is durable before anybody sees the signature.
	if err := w.keep(q); err != nil {
		return nil, err
	}
	return cosigned[len(n.Text)+1:], nil
}

// follows refuses what does not extend what is known.
func (q *request) follows(known tlog.Tree) error {
	conflict := func(msg string) error { return &refusal{status: http.StatusConflict, msg: msg, size: known.N} }
	switch {
	case q.old > q.tree.N:
		return &refusal{status: http.StatusBadRequest, msg: "the old size is beyond the checkpoint's"}
	case q.old != known.N:
		return conflict("the old size is not what was cosigned last")
	case q.old == q.tree.N && q.tree.Hash != known.Hash:
		return conflict("another root at the same size")
	case q.old == q.tree.N || q.old == 0:
		if len(q.proof) > 0 {
			return &refusal{status: http.StatusUnprocessableEntity, msg: "a proof where none is needed"}
		}
		return nil
	case tlog.CheckTree(q.proof, q.tree.N, q.tree.Hash, known.N, known.Hash) != nil:
		return &refusal{status: http.StatusUnprocessableEntity, msg: "it does not extend what was cosigned last"}
	}
	return nil
}

func parse(body []byte) (*request, error) {
	head, checkpoint, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return nil, errors.New("no checkpoint")
	}
	q := &request{checkpoint: checkpoint}
	lines := strings.Split(string(head), "\n")
	old, ok := strings.CutPrefix(lines[0], "old ")
	var err error
	if q.old, err = strconv.ParseInt(old, 10, 64); err != nil || !ok || q.old < 0 || strconv.FormatInt(q.old, 10) != old {
		return nil, errors.New("no old size")
	}
	if len(lines) > 64 {
		return nil, errors.New("a proof of more than 63 hashes")
	}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, errors.New("the proof is no list of hashes")
		}
		q.proof = append(q.proof, h)
	}
	q.origin, q.tree, err = audit.ReadCheckpoint(checkpoint)
	return q, err
}

// path is where a log's state is kept.
func (w *Witness) path(origin string) string {
	h := sha256.Sum256([]byte(origin))
	return filepath.Join(w.cfg.Dir, hex.EncodeToString(h[:16]))
}

// emptyRoot is the root of a tree of no leaves (RFC 6962 §2.1).
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// known is what was cosigned last of a log; of one that is new the tree of no leaves.
func (w *Witness) known(origin string) (tlog.Tree, error) {
	text, err := os.ReadFile(w.path(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return tlog.Tree{Hash: emptyRoot}, nil
	}
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("witness: state: %w", err)
	}
	name, t, err := audit.ReadCheckpoint(text)
	if err == nil && name != origin {
		err = errors.New("it is of another log")
	}
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("witness: state of %s is damaged: %w", origin, err)
	}
	return t, nil
}

func (w *Witness) keep(q *request) error {
	text := fmt.Sprintf("%s\n%d\n%s\n", q.origin, q.tree.N, q.tree.Hash)
	if err := disk.Replace(w.path(q.origin), []byte(text), 0o600); err != nil {
		return fmt.Errorf("witness: state: %w", err)
	}
	return nil
}
