package wire

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// alert is a rule of Prometheus's files, with the members that they may have.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alertRules(t *testing.T) map[string]alert {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	dec := yaml.NewDecoder(strings.NewReader(Alerts()))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]alert)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if g.Name == "" || all[r.Alert].Alert != "" {
				t.Errorf("group %q, alert %q: without a name, or twice", g.Name, r.Alert)
			}
			all[r.Alert] = r
		}
	}
	return all
}

// simple is what an expression of these rules looks like.
var simple = regexp.MustCompile(`^(?:absent\((\w+)\)|(\w+)(?:\{(\w+)="(\w+)"\})? (==|>) ([0-9]+))$`)

// fires evaluates a rule over what a workspace tells now.
func (w *Workspace) fires(t *testing.T, name string) bool {
	t.Helper()
	e := simple.FindStringSubmatch(alertRules(t)[name].Expr)
	if e == nil {
		t.Fatalf("alert %q: %q", name, alertRules(t)[name].Expr)
	}
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	bound, _ := strconv.ParseFloat(e[6], 64)
	for _, f := range families {
		if f.GetName() == e[1] && len(f.GetMetric()) > 0 {
			return false
		}
		for _, m := range f.GetMetric() {
			v := m.GetGauge().GetValue()
			if f.GetName() == e[2] && (e[3] == "" || label(m, e[3]) == e[4]) && (e[5] == "==" && v == bound || e[5] == ">" && v > bound) {
				return true
			}
		}
	}
	return e[1] != ""
}

// clock is a clock that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

func (c *clock) of(w *Workspace) { w.base.Now = c.now }

// eventually waits for what has to come, however long that takes here.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never was: ", what)
		}
	}
}

// following runs the follower until the test ends, or stop is called.
func (w *Workspace) following(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.base.Keep(ctx, pipeline.LogJob, w.follower.Follow)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	eventually(t, "the follower is in office", func() bool { return w.follower.Status().Office })
	return stop
}

func (w *Workspace) readyz() string {
	r := httptest.NewRecorder()
	w.answers().ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	return strconv.Itoa(r.Code) + " " + r.Body.String()
}

func TestAlertRulesAreWhatPrometheusReads(t *testing.T) {
	for _, a := range alertRules(t) {
		if _, err := time.ParseDuration(a.For); err != nil || !simple.MatchString(a.Expr) || a.Labels["severity"] == "" || a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%+v", a)
		}
	}
	bin := os.Getenv("LETHE_TEST_ALERTRULES")
	if bin == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("LETHE_TEST_ALERTRULES names no program: ./test.sh builds one")
		}
		t.Skip("the form alone was checked: LETHE_TEST_ALERTRULES names no program, ./test.sh builds one")
	}
	cmd := exec.Command(bin)
	cmd.Stdin = strings.NewReader(Alerts())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestL4AFollowerThatStopsLagsOrIsDeposedFiresAnAlert(t *testing.T) {
	c := new(clock)
	w := recaller(t, c.of)
	if !w.fires(t, "LetheLogWithoutFollower") || !strings.HasPrefix(w.readyz(), "503 the audit log has no follower yet") {
		t.Error("there is no follower yet:", w.readyz())
	}
	stop := w.following(t)
	w.tell(t, w.own(t), "a", stream.EntryShred, stream.Shred{Of: "x", First: 1, Last: 1})
	eventually(t, "all is published", func() bool { s := w.follower.Status(); return s.Size >= 2 && s.Published == s.Size })
	watching, end := context.WithCancel(t.Context())
	defer end()
	go w.base.WatchLag(watching, 10*time.Millisecond, []pipeline.Watch{w.base.WatchLog(func() int64 { return w.follower.Status().Offset + 1 })})
	for _, name := range []string{"LetheGone", "LetheLogWithoutFollower", "LetheLogBehind", "LetheCheckpointStale", "LetheStageFailing"} {
		if w.fires(t, name) {
			t.Errorf("%s, and all is well", name)
		}
	}
	if s := w.readyz(); s != "200 ready\n" {
		t.Error("all is well: ", s)
	}

	// Another machine begins the next term.
	if err := os.WriteFile(filepath.Join(w.folder.Log, "terms", strconv.FormatInt(w.follower.Status().Term+1, 10)), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if !w.fires(t, "LetheLogWithoutFollower") || !strings.HasPrefix(w.readyz(), "503 audit log: this process no longer writes it") {
		t.Error("a later term began: ", w.readyz())
	}
	stop()
	if !w.fires(t, "LetheLogWithoutFollower") {
		t.Error("the follower stopped")
	}

	w.tell(t, w.own(t), "b", stream.EntryShred, stream.Shred{Of: "x", First: 2, Last: 2})
	c.forward(time.Hour)
	eventually(t, "the log is behind", func() bool { return w.fires(t, "LetheLogBehind") })
	if !w.fires(t, "LetheCheckpointStale") {
		t.Error("the checkpoint is an hour old")
	}
	gone := &Workspace{registry: prometheus.NewRegistry()}
	if !gone.fires(t, "LetheGone") {
		t.Error("nobody answers any more")
	}
}

func TestL4AMissingQuorumFiresAnAlertAndNamesTheWitness(t *testing.T) {
	c := new(clock)
	w := recaller(t, c.of, func(w *Workspace) {
		w.folder.Witnesses = filepath.Join(w.folder.Dir, "witnesses.txt")
		policy := "witness w1 witness.example.org/w1+23fbe0f9+BC1xFkK3JrBEAWJ8qfusMvXIUw+xkDzE2wIlhxeSGkiB http://127.0.0.1:9\nquorum w1\n"
		if err := os.WriteFile(w.folder.Witnesses, []byte(policy), 0o644); err != nil {
			t.Fatal(err)
		}
	})
	if w.fires(t, "LetheWitnessQuorumMissing") || w.fires(t, "LetheWitnessFailing") {
		t.Error("nobody was asked yet")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.base.Keep(ctx, pipeline.LogJob, w.follower.Follow) }()
	eventually(t, "the follower is in office", func() bool { return w.follower.Status().Office })
	w.own(t)
	eventually(t, "the witness fails", func() bool { return w.fires(t, "LetheWitnessFailing") })
	if w.fires(t, "LetheWitnessQuorumMissing") || strings.Contains(w.readyz(), "witness") {
		t.Error("that takes longer: ", w.readyz())
	}
	c.forward(time.Hour)
	if !w.fires(t, "LetheWitnessQuorumMissing") {
		t.Error("the quorum is missing for an hour")
	}
	if s := w.readyz(); !strings.HasPrefix(s, "200 ready\nwitnesses: their quorum is missing since ") || !strings.Contains(s, "\nwitness w1: has not cosigned since this process began, last tried ") {
		t.Error(s)
	}
	cancel()
	eventually(t, "the follower gives up its last checkpoint", func() bool {
		c.forward(time.Hour)
		select {
		case <-done:
			return !w.follower.Status().Office
		default:
			return false
		}
	})
}

func TestWhatIsBehindTheLogFiresAnAlert(t *testing.T) {
	c := new(clock)
	w := recaller(t, c.of, func(w *Workspace) { w.folder.Mirror = config.Mirror{Bucket: "audit-shop"} })
	// A receiver that takes nothing.
	cursor, err := w.base.Cluster.Cursor(w.base.Topics.SIEMGroup("soc"), w.base.Topics.Audit())
	if err != nil {
		t.Fatal(err)
	}
	w.feeds.cursors = append(w.feeds.cursors, cursor)
	defer w.feeds.close()
	x, err := siem.NewExporter(siem.Config{Dir: w.folder.Log, Verifier: w.verifier, Cursor: cursor, Log: w.log, Now: c.now,
		Destination: siem.Destination{Name: "soc", Format: format.All()[0], Open: func(context.Context) (siem.Transport, error) { return nil, errors.New("away") }}})
	if err != nil {
		t.Fatal(err)
	}
	w.feeds.exporters = append(w.feeds.exporters, x)
	w.registry.MustRegister(newFeedMetrics(&w.feeds, c.now))
	w.following(t)
	w.own(t)
	eventually(t, "all is published", func() bool { s := w.follower.Status(); return s.Size >= 1 && s.Published == s.Size })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	defer func() { cancel(); <-done }()
	eventually(t, "an event waits", func() bool { return !x.Status().Oldest.IsZero() })

	failing, stop := context.WithCancel(t.Context())
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		w.base.Keep(failing, "sink till-lake", func(context.Context) error { return errors.New("away") })
	}()
	eventually(t, "a stage fails", func() bool { return len(w.base.Failures.Now(c.now())) > 0 })
	overdue := w.base.Metrics.RawOverdue.WithLabelValues("lethe.shop.raw.pii.till", "till-lake")
	all := []string{"LetheMirrorBehind", "LetheSIEMBehind", "LetheStageFailing", "LetheRawOverdue"}
	for _, name := range all {
		if w.fires(t, name) {
			t.Errorf("%s, and nothing is late", name)
		}
	}
	overdue.Set(1)
	c.forward(time.Hour)
	for _, name := range all {
		eventually(t, name+": it is an hour late", func() bool { return w.fires(t, name) })
	}
	stop()
	<-kept
	if w.fires(t, "LetheStageFailing") {
		t.Error("it is no longer this process's to run")
	}
}
