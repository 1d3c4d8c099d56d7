package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/stream"
	"lethe/stream/disk"
)

// mark is the file by which a folder is known to be a demo's.
const mark = ".lethe-demo"

// urlVariable is where the folder's source finds the server.
const urlVariable = "LETHE_DEMO_URL"

// ready sees that the folder is empty, or replaces what a demo made; and that
// the server answers, before anything is replaced.
func (d *demo) ready(ctx context.Context) error {
	entries, err := os.ReadDir(d.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return environment(d.Dir, err)
	}
	full := len(entries) > 0
	_, unmarked := os.Lstat(filepath.Join(d.Dir, mark))
	switch {
	case full && unmarked != nil:
		return &stream.Fault{Code: "demo.not_ours", Path: d.Dir, Msg: "is not empty, and was not made by lethe demo", Hint: "lethe demo --keep OTHER"}
	case full && !d.Replace:
		return &stream.Fault{Code: "demo.not_empty", Path: d.Dir, Msg: "is there already", Hint: d.Again() + "   (replaces it)\nlethe demo --keep OTHER"}
	}
	if err := wire.Held(filepath.Join(d.Dir, "state")); err != nil {
		return err
	}
	if err := d.base.ready(ctx, d.Replace, d.Again()); err != nil {
		return err
	}
	if full {
		if err := os.RemoveAll(d.Dir); err != nil {
			return environment(d.Dir, err)
		}
	}
	if err := os.MkdirAll(d.Dir, 0o755); err != nil {
		return environment(d.Dir, err)
	}
	return write(d.Dir, mark, "")
}

// makeFolder makes what a person would: a folder, its configuration, contracts
// as discover finds them, and a policy.
func (d *demo) makeFolder(ctx context.Context) error {
	if err := d.NewFolder(d.Dir, "demo"); err != nil {
		return err
	}
	source := "{connector: sqlite, path: ./" + shopFile + ", cursor_column: updated_at, poll: 1s}"
	if d.Postgres != "" {
		source = `{connector: postgres, url: "${` + urlVariable + `}", streams: ["` + schema + `.*"], slot: ` + slot + `}`
	}
	if err := write(d.Dir, config.FileName, fmt.Sprintf(configText, source)); err != nil {
		return err
	}
	if err := write(d.Dir, config.Policy, fmt.Sprintf(policyText, d.base.stream("customer"), d.base.stream("orders"))); err != nil {
		return err
	}
	if err := d.Discover(ctx, d.Dir, d.env); err != nil {
		return err
	}
	var err error
	d.folder, err = config.Load(d.Dir, d.env)
	return err
}

func write(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := disk.Replace(path, []byte(text), 0o644); err != nil {
		return environment(path, err)
	}
	return nil
}

// env is the environment with the server's URL, which no file holds (L7).
func (d *demo) env(name string) (string, bool) {
	if name == urlVariable && d.Postgres != "" {
		return d.Postgres, true
	}
	return d.Env(name)
}

const configText = `# What lethe demo streams, as one would write it.
workspace: demo
kafka: embedded
keyring: {file: ./keys}
audit: {log: ./log}
sources:
  shop: %s
sinks:
  lake: {connector: parquet, url: ./lake, region: TH, roll_every: 2s, clearance: [public, internal, financial, pii-pseudo]}
connections:
  shop-lake: {from: shop, to: lake, purpose: analytics, policy: policy.yaml}
`

const policyText = `packs: [pdpa-th, gdpr]
subjects:
  %s: {key: id}
  %s: {key: customer_id}
mask:
  elements:
    "id.*": {hmac: {}}
    contact.email: {hmac: {}}
    contact.phone: {partial: {keep_last: 3}}
    finance.card: {partial: {keep_last: 4}}
    address.city: keep
    address.country: keep
    "commerce.*": keep
    time.event: keep
  default: redact
`
