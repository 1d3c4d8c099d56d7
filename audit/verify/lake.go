package verify

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"
)

// fileTask is a file that a sink's receipt names.
type fileTask struct {
	object    string
	sha, root digest
	rows      int64
	place     place
	from, to  int64
	leaf      int64 // of the receipt's entry

	path string // in a lake; "" if it is in none
	seen int64  // rows decoded
	bad  []Finding
}

// manifest is what readers of the lake go by.
type manifest struct {
	Object    string `json:"object"`
	SHA256    digest `json:"sha256"`
	Rows      count  `json:"rows"`
	Root      digest `json:"row_root"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	From      count  `json:"from"`
	To        count  `json:"to"`
}

const manifestDir = "_manifest"

// lakes checks the files that receipts name, on all processors, and what else
// lies in the lakes.
func (c *checker) lakes(ctx context.Context) error {
	tasks := c.flow.files
	if len(c.opts.Lakes) == 0 {
		if len(tasks) > 0 {
			c.remark("files_unchecked", "lake", "", "no directory was given: %d files that receipts name were not checked", len(tasks))
		}
		return nil
	}
	objects, manifests := c.scan()
	named := make(map[string]*fileTask, len(tasks))
	for i := range tasks {
		t := &tasks[i]
		if other := named[t.object]; other != nil {
			c.fail("L2", "object_twice", t.object, leafRange(t.leaf), "was named by entry %d before", other.leaf)
			continue
		}
		named[t.object] = t
		t.path = objects[t.object]
		delete(objects, t.object)
	}
	if err := c.checkFiles(ctx, tasks); err != nil {
		return err
	}
	for i := range tasks {
		for _, f := range tasks[i].bad {
			c.fail(f.Promise, f.Code, f.Object, f.Range, "%s", f.Msg)
		}
		c.report.Rows += tasks[i].seen
	}
	listed := c.manifests(manifests, named)
	c.unlisted(tasks, listed)
	for _, o := range sorted(objects) {
		c.remark("orphan", o, "", "no receipt names it; readers that go by the manifest do not see it")
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// scan lists the lakes: objects and manifests by their names below the lake.
func (c *checker) scan() (objects, manifests map[string]string) {
	objects, manifests = make(map[string]string), make(map[string]string)
	for _, lake := range c.opts.Lakes {
		err := filepath.WalkDir(lake, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(lake, p)
			if err != nil || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			name := filepath.ToSlash(rel)
			switch {
			case path.Dir(name) == manifestDir && strings.HasSuffix(name, ".json"):
				manifests[name] = p
			case strings.HasSuffix(name, ".parquet"):
				objects[name] = p
			}
			return nil
		})
		if err != nil {
			c.fail("L4", "lake", filepath.Base(lake), "", "%v", cause(err))
		}
	}
	return objects, manifests
}

func (c *checker) checkFiles(ctx context.Context, tasks []fileTask) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	done := int64(0)
	for i := range tasks {
		g.Go(func() error {
			tasks[i].check(gctx)
			mu.Lock()
			defer mu.Unlock()
			done++
			c.progress("files", done, int64(len(tasks)))
			return gctx.Err()
		})
	}
	return g.Wait()
}

// check holds the file against its receipt: bytes, then rows.
func (t *fileTask) check(ctx context.Context) {
	if t.path == "" {
		t.fail("L2", "object_missing", "", "receipt entry %d names it, and it is in no lake", t.leaf)
		return
	}
	f, err := os.Open(t.path)
	if err != nil {
		t.fail("L4", "object_unreadable", "", "%v", cause(err))
		return
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		t.fail("L4", "object_unreadable", "", "%v", cause(err))
		return
	}
	changed := digest(h.Sum(nil)) != t.sha
	if changed {
		t.fail("L4", "object_sha256", "", "its bytes are not those of receipt entry %d", t.leaf)
	}
	t.checkRows(ctx, f, size, changed)
}

func (t *fileTask) checkRows(ctx context.Context, f io.ReaderAt, size int64, changed bool) {
	o, err := openObject(f, size)
	if err != nil {
		t.fail("L4", "object_unreadable", "", "%v", err)
		return
	}
	for _, m := range [][2]string{{"lethe-topic", t.place.topic}, {"lethe-partition", fmt.Sprint(t.place.partition)},
		{"lethe-from", fmt.Sprint(t.from)}, {"lethe-to", fmt.Sprint(t.to)}} {
		if o.meta[m[0]] != m[1] {
			t.fail("L4", "object_meta", "", "its footer's %s is not that of the receipt", m[0])
		}
	}
	var root rootHasher
	err = o.rows(ctx, t.place.partition, t.from, t.to, root.add)
	t.seen = root.n
	if ctx.Err() != nil {
		return
	}
	var fault *rowFault
	switch {
	case errors.As(err, &fault):
		t.fail("L4", "object_rows", fmt.Sprintf("rows [%d,%d)", fault.from, fault.to), "%v", fault)
	case err != nil:
		t.fail("L4", "object_unreadable", "", "%v", err)
	case root.n != t.rows:
		t.fail("L2", "object_count", "", "%d rows, its receipt says %d", root.n, t.rows)
	case digest(root.root()) != t.root:
		t.fail("L4", "object_root", fmt.Sprintf("rows [0,%d)", root.n), "its rows are not those of receipt entry %d: each can be read, and a root does not tell which differs", t.leaf)
	case changed:
		t.fail("L4", "object_padding", "", "every row is as the receipt says: what was changed lies between them")
	}
}

func (t *fileTask) fail(promise, code, where, format string, args ...any) {
	t.bad = append(t.bad, Finding{promise, code, t.object, where, fmt.Sprintf(format, args...)})
}

// rootHasher is the RFC 6962 root of leaf hashes given one by one: complete
// subtrees, the widest first.
type rootHasher struct {
	n     int64
	stack []tlog.Hash
}

func (r *rootHasher) add(leaf tlog.Hash) {
	for n := r.n; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(r.stack[len(r.stack)-1], leaf)
		r.stack = r.stack[:len(r.stack)-1]
	}
	r.stack = append(r.stack, leaf)
	r.n++
}

func (r *rootHasher) root() tlog.Hash {
	if r.n == 0 {
		return sha256.Sum256(nil)
	}
	h := r.stack[len(r.stack)-1]
	for i := len(r.stack) - 2; i >= 0; i-- {
		h = tlog.NodeHash(r.stack[i], h)
	}
	return h
}

// manifests holds each manifest against the receipt of its object, and returns
// the objects that are listed.
func (c *checker) manifests(files map[string]string, named map[string]*fileTask) map[string]bool {
	listed := make(map[string]bool)
	for _, name := range sorted(files) {
		var m manifest
		raw, err := os.ReadFile(files[name])
		if err != nil || len(raw) > 1<<16 || json.Unmarshal(raw, &m) != nil {
			c.fail("L4", "manifest", name, "", "cannot be read")
			continue
		}
		t := named[m.Object]
		at := place{m.Topic, m.Partition}
		switch {
		case t == nil && int64(m.To) > c.flow.sunkTo(at):
			c.remark("manifest_ahead", name, "", "lists rows that are newer than the log's checkpoint")
		case t == nil:
			c.fail("L4", "manifest", name, "", "lists %s, which no receipt names", m.Object)
		case m.SHA256 != t.sha || m.Root != t.root || int64(m.Rows) != t.rows || at != t.place || int64(m.From) != t.from || int64(m.To) != t.to ||
			name != fmt.Sprintf("%s/%s-%d-%d.json", manifestDir, m.Topic, m.Partition, m.From):
			c.fail("L4", "manifest", name, "", "is not what receipt entry %d says of %s", t.leaf, m.Object)
		}
		listed[m.Object] = true
	}
	return listed
}

// sunkTo is how far the sink of a masked topic's connection is.
func (f *flow) sunkTo(at place) int64 {
	if s := f.chains[chainID{"sink", parseTopic(at.topic).connection, at}]; s != nil {
		return offsetOf(s.to)
	}
	return 0
}

// lastLoads is how many objects of a partition may wait to be listed: a sink
// lists those of its last transaction after the commit.
const lastLoads = 4

// unlisted reports files that readers of the manifest do not see.
func (c *checker) unlisted(tasks []fileTask, listed map[string]bool) {
	after := make(map[place]int)
	for i := len(tasks) - 1; i >= 0; i-- {
		t := &tasks[i]
		if !listed[t.object] {
			if after[t.place] < lastLoads {
				c.remark("manifest_pending", t.object, "", "is not yet in the manifest: the sink, or its next owner, adds it")
			} else {
				c.fail("L2", "manifest_missing", t.object, "", "receipt entry %d names it, and no manifest: readers do not see its rows", t.leaf)
			}
		}
		after[t.place]++
	}
}
