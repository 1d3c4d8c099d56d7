package config

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

func folder(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func env(pairs ...string) func(string) (string, bool) {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) { s, ok := m[name]; return s, ok }
}

const shop = `
workspace: shop
kafka: embedded
keyring: {file: ./keys}
audit: {log: ./log}
sources:
  crm: {connector: postgres, url: "${CRM_URL}", streams: ["public.*"], heartbeat: 3s}
  till: {connector: sqlite, path: till.db}
sinks:
  lake: {connector: parquet, url: ./lake, region: TH, clearance: [public, internal, pii-pseudo], roll_bytes: 2MiB}
connections:
  crm-lake: {from: crm, to: lake, purpose: analytics, policy: rules/crm.yaml}
  till-lake: {from: till, to: lake, purpose: analytics}
`

func TestAFolderIsReadWithDefaultsAndPathsOfItsOwn(t *testing.T) {
	dir := folder(t, shop)
	f, err := Load(dir, env("CRM_URL", "postgres://ann:tea@db/crm"))
	if err != nil {
		t.Fatal(err)
	}
	crm, _ := f.Source("crm")
	till, _ := f.Source("till")
	lake, _ := f.Sink("lake")
	conn, _ := f.Connection("crm-lake")
	other, _ := f.Connection("till-lake")
	for what, pair := range map[string][2]any{
		"url":        {string(crm.Config.Secret("url").Reveal()), "postgres://ann:tea@db/crm"},
		"streams":    {fmt.Sprint(crm.Config.List("streams")), "[public.*]"},
		"heartbeat":  {crm.Config.Duration("heartbeat"), 3 * time.Second},
		"snapshot":   {crm.Config.Flag("snapshot"), true},
		"chunk_rows": {crm.Config.Number("chunk_rows"), int64(10_000)},
		"path":       {till.Config.Text("path"), filepath.Join(dir, "till.db")},
		"lake":       {lake.Config.Text("url"), filepath.Join(dir, "lake")},
		"roll_bytes": {lake.Config.Number("roll_bytes"), int64(2 << 20)},
		"region":     {lake.Region, "TH"},
		"clearance":  {fmt.Sprint(lake.Clearance), "[public internal pii-pseudo]"},
		"policy":     {conn.Policy, filepath.Join(dir, "rules/crm.yaml")},
		"otherwise":  {other.Policy, filepath.Join(dir, "policy.yaml")},
		"keys":       {f.Keys, filepath.Join(dir, "keys")},
		"log":        {f.Log, filepath.Join(dir, "log")},
		"state":      {f.State, filepath.Join(dir, "state")},
		"partitions": {f.Partitions, int32(8)},
		"max record": {f.MaxRecord, int64(16 << 20)},
		"brokers":    {len(f.Brokers), 0},
		"metrics":    {f.Metrics, ""},
		"as written": {f.Rel(f.Keys), filepath.Join(dir, "keys")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestOnlyTheEmbeddedBrokerForgetsUnlessToldTo(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"kafka: embedded": DefaultKeep, "keep: 36h": 36 * time.Hour, "keep: forever": 0,
		"kafka: {brokers: [\"a:1\"]}": 0, "kafka: {brokers: [\"a:1\"]}\nkeep: 24h": 24 * time.Hour,
	} {
		f, err := Load(folder(t, "workspace: shop\n"+text+"\n"), nil)
		if err != nil || f.Keep != want {
			t.Errorf("%s: keeps %s, want %s (%v)", text, f.Keep, want, err)
		}
	}
	_, err := Load(folder(t, "workspace: shop\nkeep: 5ms\n"), nil)
	if f := stream.Faults(err); len(f) != 1 || f[0].Code != "config.keep" {
		t.Errorf("keep: 5ms: %v", err)
	}
}

func TestEveryFaultOfAFileIsToldAtOnceWithItsLine(t *testing.T) {
	dir := folder(t, `workspace: Shop
kafka: {brokers: [localhost]}
partitions: 0
max_record: 12 apples
metrics: here
sources:
  crm: {connector: postgres, url: "${CRM_URL}", stream: ["public.*"]}
  till: {connector: sqllite, path: till.db}
  web: {path: x}
sinks:
  lake: {connector: parquet, url: ./lake, roll_every: soon}
  Pond: {connector: sqlite, clearance: ["top secret"]}
connections:
  crm-lake: {from: crn, to: lake, purpose: analytics}
  till-lake: {from: till, to: see}
`)
	_, err := Load(dir, env())
	got := map[string]string{}
	for _, f := range stream.Faults(err) {
		got[strings.TrimPrefix(f.Path, filepath.Join(dir, FileName)+":")] += f.Code + " "
		if f.Hint == "" && f.Code != "file.type" {
			t.Errorf("%s has no hint: %s", f.Code, f.Msg)
		}
	}
	for where, code := range map[string]string{
		"1: workspace":                  "config.name",
		"2: kafka":                      "config.broker",
		"3: partitions":                 "config.partitions",
		"4: max_record":                 "file.type",
		"5: metrics":                    "config.metrics",
		"7: sources.crm.url":            "file.variable",
		"7: sources.crm.stream":         "file.unknown_key",
		"7: sources.crm":                "file.missing_key",
		"8: sources.till.connector":     "config.no_connector",
		"9: sources.web":                "file.missing_key",
		"11: sinks.lake.roll_every":     "file.type",
		"11: sinks.lake":                "file.missing_key",
		"12: sinks.Pond":                "config.name",
		"12: sinks.Pond.connector":      "config.no_connector",
		"14: connections.crm-lake.from": "config.no_source",
		"15: connections.till-lake.to":  "config.no_sink",
		"15: connections.till-lake":     "file.missing_key",
	} {
		if !strings.Contains(got[where], code) {
			t.Errorf("%s: got %q, want %s", where, got[where], code)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestL7NoFaultOfAFileShowsAValueOfTheEnvironment(t *testing.T) {
	const canary = "canary-7c1d"
	for _, text := range []string{
		`{connector: postgres, url: ["${SECRET}"], streams: ["a.*"]}`,
		`{connector: postgres, url: "${SECRET}", streams: "${SECRET}", chunk_rows: "${SECRET}", heartbeat: "${SECRET}"}`,
		`{connector: "${SECRET}"}`,
		`{connector: sqlite, path: x, poll: "${SECRET}"}`,
		`"${SECRET}"`,
		"{connector: sqlite, path: x}\nsinks:\n  lake: {connector: parquet, url: x, clearance: [\"${SECRET}!\"]}\nconnections:\n  x: {from: \"${SECRET}\", to: \"${SECRET}\", purpose: x}",
	} {
		dir := folder(t, "workspace: \"${SECRET}!\"\nmax_record: \"${SECRET}\"\nmetrics: \"${SECRET}\"\nkafka: {brokers: \"${SECRET}\"}\nsources:\n  crm: "+text+"\n")
		_, err := Load(dir, env("SECRET", canary))
		if err == nil {
			t.Errorf("%s was accepted", text)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the value is shown:\n%v", text, err)
		}
	}
}

func TestAFolderWithoutFileSaysHowToMakeOne(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(dir, nil)
	f := stream.Faults(err)
	if len(f) != 1 || f[0].Code != "config.no_folder" || f[0].Hint != "lethe init "+dir {
		t.Errorf("got %v", err)
	}
}

func TestASecretDriverThatIsNotConfiguredIsRefused(t *testing.T) {
	dir := folder(t, "workspace: shop\nsources:\n  crm: {connector: postgres, url: \"secret://crm/url\", streams: [\"a.*\"]}\n")
	_, err := Load(dir, nil)
	if err == nil || !strings.Contains(err.Error(), "no secrets driver") {
		t.Errorf("got %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(shop)
	f.Add("workspace: x\nkafka: {brokers: [a:1]}\nmax_record: 1TiB\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := folder(t, text)
		got, err := Load(dir, env("CRM_URL", "postgres://db"))
		if err == nil && (got.Workspace == "" || got.Partitions < 1 || got.MaxRecord < 1) {
			t.Errorf("accepted without workspace, partitions or size: %q", text)
		}
	})
}

func TestPathsAreRelativeToTheFolderFromWhereverLetheRuns(t *testing.T) {
	dir := folder(t, `workspace: shop
sources: {till: {connector: sqlite, path: data/till.db}}
sinks:
  bare: {connector: parquet, url: lake, clearance: [public]}
  dot: {connector: parquet, url: ./lake, clearance: [public]}
  hidden: {connector: parquet, url: .lake, clearance: [public]}
  up: {connector: parquet, url: ../lake, clearance: [public]}
  rooted: {connector: parquet, url: /srv/lake, clearance: [public]}
  far: {connector: parquet, url: "file:///srv/lake", clearance: [public]}
`)
	t.Chdir(filepath.Dir(dir))
	f, err := Load(filepath.Base(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	till, _ := f.Source("till")
	if got := till.Config.Text("path"); got != filepath.Join(dir, "data", "till.db") {
		t.Errorf("path: %s", got)
	}
	for name, want := range map[string]string{"bare": dir + "/lake", "dot": dir + "/lake", "hidden": dir + "/.lake", "up": filepath.Dir(dir) + "/lake",
		"rooted": "/srv/lake", "far": "file:///srv/lake"} {
		if s, _ := f.Sink(name); s.Config.Text("url") != want {
			t.Errorf("%s: %s, want %s", name, s.Config.Text("url"), want)
		}
	}
}

func TestOnlyRegularFilesOfBoundedSizeAreRead(t *testing.T) {
	pipe := func(t *testing.T, path string) {
		if err := exec.Command("mkfifo", path).Run(); err != nil {
			t.Skipf("no mkfifo: %v", err)
		}
	}
	zeros := func(t *testing.T, path string) {
		if err := os.Symlink("/dev/zero", path); err != nil {
			t.Fatal(err)
		}
	}
	large := func(t *testing.T, path string) {
		if err := os.WriteFile(path, bytes.Repeat([]byte("k: 1\n"), maxFile/5+1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	directory := func(t *testing.T, path string) {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{FileName, "rules/crm.yaml", Elements, Contracts + "/x" + ContractSuffix} {
		for what, c := range map[string]struct {
			put  func(*testing.T, string)
			code string
		}{
			"a pipe": {pipe, "config.not_a_file"}, "a device": {zeros, "config.not_a_file"}, "a large file": {large, "config.too_large"}, "a directory": {directory, "config.not_a_file"},
		} {
			if what == "a directory" && strings.HasPrefix(name, Contracts) {
				continue // directories among the contracts are left alone
			}
			t.Run(what+" as "+name, func(t *testing.T) {
				dir := folder(t, shop)
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				c.put(t, path)
				f, err := Load(dir, env("CRM_URL", "postgres://x/y"))
				if err == nil {
					_, err = f.Env("crm-lake")
				}
				for _, fault := range stream.Faults(err) {
					if fault.Code == c.code && strings.HasSuffix(fault.Path, name) {
						return
					}
				}
				t.Errorf("no fault %s of %s: %v", c.code, name, err)
			})
		}
	}
}

func TestAFileOfUnknownKeysIsToldInAHundredFaults(t *testing.T) {
	var text strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&text, "key%d: 1\n", i)
	}
	_, err := Load(folder(t, text.String()), nil)
	faults := stream.Faults(err)
	if n := len(faults); n > 110 {
		t.Errorf("%d faults", n)
	}
	if !strings.Contains(err.Error(), "49901 more faults") {
		t.Errorf("nobody tells how many there are: %v", faults[len(faults)-1])
	}
}

func TestHierarchyFilesAreThoseOfThePolicyAndOfTheFolder(t *testing.T) {
	dir := folder(t, shop)
	for name, text := range map[string]string{
		Policy:         "mask: {fields: {a.b/c: {generalize: {as: hierarchy, file: towns/th.csv}}, a.b/d: {generalize: {as: hierarchy, file: gone.csv}}, a.b/e: {generalize: {as: hierarchy, file: ../x.csv}}}}\n",
		"towns/th.csv": "Bangkok;Thailand\n", "x.csv": "a;b\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Load(dir, env("CRM_URL", "postgres://x/y"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Env("till-lake")
	if err != nil || len(got.Tables) != 1 || string(got.Tables["towns/th.csv"].Data) != "Bangkok;Thailand\n" || got.Tables["towns/th.csv"].Name != f.Rel(filepath.Join(dir, "towns", "th.csv")) {
		t.Errorf("%v %v", got.Tables, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gone.csv"), bytes.Repeat([]byte("a;b\n"), maxFile/4+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Env("till-lake"); err == nil || stream.Faults(err)[0].Code != "config.too_large" {
		t.Errorf("%v", err)
	}
}

func TestEveryFaultOfAMirrorIsTold(t *testing.T) {
	err := Check("x", []byte("workspace: shop\naudit: {log: ./log, mirror: {url: shop/log, endpoint: 'http://s3.example.org', access_key: a, secret_key: canary-key, retain_days: 0}}\n"))
	if n := strings.Count(fmt.Sprint(err), "audit.mirror."); n != 3 || strings.Contains(fmt.Sprint(err), "canary") {
		t.Errorf("%d faults: %v", n, err)
	}
	err = Check("x", []byte("workspace: shop\naudit: {log: ./log, mirror: {url: 's3://shop/log', endpoint: 'http://127.0.0.1:9000', access_key: a, secret_key: b, retain_days: 2190}}\n"))
	if strings.Contains(fmt.Sprint(err), "mirror") {
		t.Error(err)
	}
}
