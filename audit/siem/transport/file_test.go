package transport

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/audit/siem/siemtest"
)

// env is the process that a transport runs in.
func env(t *testing.T, name string) siem.Env {
	t.Helper()
	i := slices.IndexFunc(format.All(), func(f siem.Format) bool { return f.Name == name })
	return siem.Env{Name: "soc", Workspace: "shop", Origin: siemtest.Origin, Format: format.All()[i], Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Unix(1_769_871_845, 0) }}
}

// batch is one of every kind of event, and how often.
func batch(env siem.Env, times int) []siem.Item {
	var out []siem.Item
	for n := range times {
		for _, e := range siemtest.Events(siemtest.View()) {
			e.ID = fmt.Sprintf("%s%04x", e.ID[:28], n)
			out = append(out, siem.Item{Event: e, Body: env.Format.Append(nil, e)})
		}
	}
	return out
}

func open(t *testing.T, s Settings, e siem.Env) siem.Transport {
	t.Helper()
	s.Check(func(key, msg, hint string) { t.Errorf("%s: %s (%s)", key, msg, hint) })
	to, err := s.Open(e)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestL2AFileHasEveryLineOnceAfterATornWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "soc", "events.log")
	e := env(t, "cef")
	b := batch(e, 200)
	to := open(t, &File{Path: path}, e)
	if _, err := to.Send(t.Context(), b[:100]); err != nil {
		t.Fatal(err)
	}
	to.Close(t.Context())
	// A crash left a part of a line that is longer than what is read at once.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(strings.Repeat("x", 10_000))
	f.Close()
	to = open(t, &File{Path: path}, e)
	if _, err := to.Send(t.Context(), b[100:]); err != nil {
		t.Fatal(err)
	}
	to.Close(t.Context())
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	for _, i := range b {
		want.Write(i.Body)
		want.WriteByte('\n')
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("the file holds %d bytes, want %d", len(got), want.Len())
	}
}

func TestAFileIsRotatedAndTheOldestAreDeleted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.log")
	e := env(t, "ocsf")
	to := open(t, &File{Path: path, RotateMiB: 1, Keep: 2}, e)
	b := batch(e, 100)
	for range 6 {
		if _, err := to.Send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	to.Close(t.Context())
	names, _ := filepath.Glob(path + "*")
	if want := []string{path, path + ".5", path + ".6"}; !slices.Equal(names, want) {
		t.Errorf("there are %v, want %v", names, want)
	}
	whole, err := os.ReadFile(path + ".6")
	if err != nil || bytes.Count(whole, []byte("\n")) != len(b) {
		t.Errorf("%d lines (%v), want %d", bytes.Count(whole, []byte("\n")), err, len(b))
	}
}

func TestWhatCannotBeRightIsToldByItsKey(t *testing.T) {
	for want, s := range map[string]Settings{
		"rotate_mib keep":   &File{RotateMiB: -1, Keep: -1},
		"address":           &Syslog{Address: "siem"},
		"plain":             &Syslog{Address: "siem.internal:514", Plain: true},
		"":                  &Syslog{Address: "127.0.0.1:514", Plain: true},
		"cert":              &Syslog{Address: "siem:6514", Cert: "a"},
		"url":               &HEC{URL: "http://splunk.internal:8088"},
		"url data_stream":   &Elastic{URL: "https://a:b@search"},
		"url user":          &Elastic{URL: "search", DataStream: "logs", User: "a"},
		"delete_after_days": &Elastic{URL: "https://search", DataStream: "logs", DeleteAfterDays: -1},
		"setup":             &Elastic{URL: "https://search", DataStream: "logs", Setup: "some"},
		"secret":            &Webhook{URL: "http://127.0.0.1", Secret: value("short")},
	} {
		var keys []string
		s.Check(func(key, msg, hint string) {
			keys = append(keys, key)
			if msg == "" || hint == "" {
				t.Errorf("%s says nothing", key)
			}
		})
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%T: %q, want %q", s, got, want)
		}
	}
	for _, n := range Names() {
		if New(n) == nil {
			t.Errorf("%s cannot be made", n)
		}
	}
	if New("fax") != nil {
		t.Error("there is a fax")
	}
}

// What a forwarder does to the file, and another writer: no event is lost, and none is
// written over another.
func TestL2AFileThatIsTakenAwayIsBegunAnew(t *testing.T) {
	e := env(t, "json")
	one, two := batch(e, 1), batch(e, 2)[len(batch(e, 1)):]
	for name, c := range map[string]struct {
		take func(path string) error
		kept bool // what was sent before lies in moved
	}{
		"moved":                       {func(path string) error { return os.Rename(path, path+".moved") }, true},
		"removed":                     {os.Remove, false},
		"cut":                         {func(path string) error { return os.Truncate(path, 0) }, false},
		"cut in the middle of a line": {func(path string) error { return os.Truncate(path, 10) }, false},
	} {
		path := filepath.Join(t.TempDir(), "events.log")
		to := open(t, &File{Path: path}, e)
		for n, b := range [][]siem.Item{one, two} {
			if n == 1 {
				if err := c.take(path); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := to.Send(t.Context(), b); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if got, _ := os.ReadFile(path); !bytes.Equal(got, lines(nil, two)) {
			t.Errorf("%s: the file has %d bytes, want %d", name, len(got), len(lines(nil, two)))
		}
		if got, _ := os.ReadFile(path + ".moved"); c.kept && !bytes.Equal(got, lines(nil, one)) {
			t.Errorf("%s: what was sent before is gone", name)
		}
		to.Close(t.Context())
	}
}

func TestL2AFileHasOneWriter(t *testing.T) {
	e := env(t, "json")
	dir := t.TempDir()
	path := filepath.Join(dir, "events.log")
	to := open(t, &File{Path: path}, e)
	if err := os.Link(path, filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	if _, err := (&File{Path: filepath.Join(dir, "other")}).Open(e); err == nil || !strings.Contains(err.Error(), "another destination or process") {
		t.Errorf("a second writer: %v", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("somebody\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Send(t.Context(), batch(e, 1)); err == nil {
		t.Error("it writes over what somebody else wrote")
	}
	to.Close(t.Context())
	to = open(t, &File{Path: path}, e)
	defer to.Close(t.Context())
	if _, err := to.Send(t.Context(), batch(e, 1)); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); !bytes.HasPrefix(got, []byte("somebody\n{")) {
		t.Errorf("the file begins with %q", got[:20])
	}
}
