// Package wire joins the rooms: it gives the stages of stream/pipeline the
// connectors, the compiled policies, the keys and the audit log of one folder,
// and runs them.
//
// Its words are those of the rooms. It decides nothing about a record. A stage
// is only started with its topics created, its groups begun and its worker's key
// enrolled.
//
// What the rooms promise, it must not break:
//
//	L1 closed       a stream that nobody decided on is not read, what stood in
//	                quarantine is not delivered by a later policy, and nothing is
//	                masked under a revision that is not whole
//	L2 once         a group goes on where it stood or is an error, never begun again
//	L4 provable     nothing is committed that stands behind the revocation of the key
//	                that signed it
//	L5 forgettable  nobody gets a subject's key under a cover that does not know
//	                the last erasure, and who was erased stays so
//	L6 same again   a revision is found and made of the same bytes in any build
//	L7 unprintable  the network gets counts and names; there is no profile to ask for
package wire

import (
	"context"
	"crypto/hpke"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/masking/subject"
	"lethe/rules"
	"lethe/stream"
	"lethe/stream/broker"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// Workspace is a folder at work. Open readies it, Run or Once runs it, Close
// gives everything back.
type Workspace struct {
	folder   *config.Folder
	log      *slog.Logger
	registry *prometheus.Registry
	programs map[string]*rules.Program // by connection
	masked   map[string][]string       // topics of all generations, by connection
	order    []stream.Class            // lowest first
	keys     *file.Keyring
	ring     ring
	cover    func() (*subject.Store, error)
	shreds   *shredLog          // nil until the topics are there
	fence    *fence             // likewise
	release  context.CancelFunc // ends the lease on the subjects' keys
	logKey   stream.Value
	signer   note.Signer
	verifier note.Verifier  // of what signer signs
	auditor  hpke.PublicKey // to whom raw records are sealed as well; nil for nobody
	broker   *broker.Broker
	base     pipeline.Base
	feed     *feed
	follower *audit.Follower
	gauges   *gauges
	feeds    feeds
	mirrored *mirrored // nil without a mirror
	lock     *os.File
	host     []string // brokers of the process that runs the folder, where this one does not
	// indexed says that it is asked whom records are about that are masked.
	indexed bool
	// rewritten says that the folder was run and its log is gone.
	rewritten bool
	runs      atomic.Int64
	enrolling sync.Mutex
	enrolled  string     // worker whose key this process has enrolled last
	recalling sync.Mutex // guards what is kept of the log
	store     *revisionStore
	revision  func(id string) (*revision, error)
	current   map[string]*revision         // by connection
	seen      map[string]map[string]string // revisions in force at Open, by source and connection
	// Every is how often Run logs how far it is, while that changes; 0 for each
	// minute, in any case.
	Every  time.Duration
	Notice func(stream.Schema) // hears of streams whose shape is new or changed; may be nil
	// Masked hears what became of a stream's records and fields, after each
	// commit; may be nil.
	Masked func(connection, streamName string, n stream.MaskCount)
}

// Open holds the folder, starts the embedded broker if the folder has one,
// creates the topics and enrols the worker's key. Before that takes effect it writes
// who starts the workspace, and under which configuration.
func Open(ctx context.Context, f *config.Folder, log *slog.Logger, by Actor) (_ *Workspace, err error) {
	w := &Workspace{folder: f, log: log, registry: prometheus.NewRegistry(), programs: make(map[string]*rules.Program), seen: make(map[string]map[string]string)}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	if err := w.compile(); err != nil {
		return nil, err
	}
	if err := w.holdState(); err != nil {
		return nil, err
	}
	if err := w.openKeys(); err != nil {
		return nil, err
	}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	if err := w.prepareOwn(ctx); err != nil {
		return nil, err
	}
	start, err := w.beginStart(ctx, by)
	if err != nil {
		return nil, err
	}
	if err := start.endStart(ctx, w.takeEffect(ctx)); err != nil {
		return nil, err
	}
	if w.broker != nil {
		if err := welcome(w.lock, w.broker.Addrs()); err != nil {
			return nil, fmt.Errorf("state: %w", err)
		}
	}
	if err := w.openLog(); err != nil {
		return nil, err
	}
	return w, w.openFeeds()
}

// takeEffect makes what the configuration needs: topics, groups, revisions. Nothing is
// made where an erasure is forgotten.
func (w *Workspace) takeEffect(ctx context.Context) error {
	if _, err := w.knowErasures(ctx); err != nil {
		return err
	}
	if err := w.checkChanges(ctx); err != nil {
		return err
	}
	if err := w.prepareTopics(ctx); err != nil {
		return err
	}
	if err := w.declare(ctx); err != nil {
		return err
	}
	if err := w.indexSubjects(); err != nil {
		return err
	}
	w.revision, w.current = w.revisions(), make(map[string]*revision)
	for _, c := range w.folder.Connections {
		var err error
		if w.current[c.Name], err = w.revision(w.programs[c.Name].Revision); err != nil {
			return err
		}
	}
	return takeUp(w.folder, w.keys.Epoch())
}

func (w *Workspace) compile() error {
	files, err := w.folder.Elements()
	if err != nil {
		return err
	}
	table, err := rules.LoadElements(files...)
	if err != nil {
		return err
	}
	w.order = table.Classes()
	var errs []error
	for _, c := range w.folder.Connections {
		p, err := w.folder.Compile(c.Name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		w.programs[c.Name] = p
	}
	return errors.Join(errs...)
}

func (w *Workspace) openKeys() error {
	var err error
	if w.keys, err = file.Open(w.folder.Keys); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.release = cancel
	w.cover = cover{folder: w.folder, keys: w.keys, shreds: w.lastShred, log: w.log,
		failed: func(err error) { w.log.Error("subjects' keys run out", "err", err) }}.opened(ctx)
	w.ring = ring{w.keys, w.cover}
	if err := w.openLogKey(); err != nil {
		return err
	}
	if key := w.folder.Sampling.Auditor; key != nil {
		if w.auditor, err = pipeline.AuditorKey(key); err != nil {
			return err
		}
	}
	return nil
}

func (w *Workspace) openLogKey() (err error) {
	if w.logKey, err = w.folder.LogKey(); err != nil {
		return err
	}
	if w.signer, err = note.NewSigner(string(w.logKey.Reveal())); err != nil {
		return fmt.Errorf("log key: not a signer key")
	}
	w.verifier, err = audit.Verifier(string(w.logKey.Reveal()))
	return err
}

// connect starts the embedded broker, or reaches the cluster that is named.
func (w *Workspace) connect(ctx context.Context) error {
	brokers := w.folder.Brokers
	if len(brokers) == 0 {
		brokers = w.host
	}
	if len(brokers) == 0 {
		b, err := broker.Start(ctx, broker.Config{Dir: filepath.Join(w.folder.State, "broker"), Log: w.log, MaxMessageBytes: int(w.folder.MaxRecord) + 1<<20})
		if err != nil {
			return err
		}
		w.broker, brokers = b, b.Addrs()
	}
	build, err := BuildID()
	if err != nil {
		return err
	}
	own, err := instance(w.folder.State)
	if err != nil {
		return err
	}
	member := own
	if w.broker != nil {
		member = "" // the embedded broker forgets its members with the process
	}
	w.base = pipeline.Base{
		Cluster: kafka.Cluster{Brokers: brokers, MaxRecord: int(w.folder.MaxRecord), Instance: member, Log: kafka.Sparing(w.log)},
		Topics:  stream.Topics{Workspace: w.folder.Workspace}, Partitions: w.folder.Partitions, Keyring: w.keys, Ledger: w.ledger,
		Build: build, Instance: own, Log: w.log, Metrics: pipeline.NewMetrics(w.registry), Failures: new(pipeline.Failures), Now: time.Now,
	}
	return w.base.Cluster.Ping(ctx, 30*time.Second)
}

// Run runs all stages until ctx ends, and then finishes what is in flight: open
// transactions commit, held rows are loaded, and the log takes in what was
// written.
func (w *Workspace) Run(ctx context.Context) error {
	s := w.stages()
	return w.with(ctx, func(ctx context.Context) error {
		g, gctx := errgroup.WithContext(ctx)
		s.start(gctx, g)
		g.Go(func() error { return s.report(gctx) })
		g.Go(func() error { w.yearly(gctx); return nil })
		return g.Wait()
	})
}

// Once runs until every source has given what it had, everything is in the
// sinks, and the log holds it; progress is called a few times a second.
func (w *Workspace) Once(ctx context.Context, progress func(Progress)) error {
	w.base.Tries = onceTries
	s := w.stages()
	return w.with(ctx, func(ctx context.Context) error {
		return errors.Join(w.newYear(ctx), s.once(ctx, progress))
	})
}

// onceTries is how often in a row a stage may fail in a run that is meant to end:
// about ten seconds.
const onceTries = 6

// Operator is what masks a field in a connection; "" if nothing is known of it.
func (w *Workspace) Operator(connection, streamName, field string) string {
	if p := w.programs[connection]; p != nil {
		if s, ok := p.Stream(streamName); ok {
			d, _ := s.Decision(field)
			return d.Operator
		}
	}
	return ""
}

// brokerFailed is closed when the embedded broker cannot go on; nil without one.
func (w *Workspace) brokerFailed() <-chan struct{} {
	if w.broker == nil {
		return nil
	}
	return w.broker.Failed()
}

// Close stops the embedded broker and frees the folder.
func (w *Workspace) Close() error {
	var err error
	if w.release != nil {
		w.release()
	}
	w.feeds.close()
	if w.fence != nil {
		w.fence.close()
	}
	if w.broker != nil {
		err = w.broker.Close()
	}
	if w.lock != nil {
		w.lock.Close()
	}
	return err
}
