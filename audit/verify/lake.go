package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
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
	leaf      int64 // of the receipt's entry; -1 if a manifest alone names it
	in        written

	copies []objectCopy // in the lakes
	at     string       // the copy that is being checked, as findings name it
	seen   int64        // rows decoded
	bad    []Finding
}

// objectCopy is a file that has the name of an object.
type objectCopy struct {
	lake *lake
	path string
}

// lakes checks the files that receipts name, on all processors, and what else
// lies in the lakes.
func (c *checker) lakes(ctx context.Context) error {
	tasks := c.flow.files
	if c.opts.Lakes == nil {
		c.report.Incomplete.Unchecked = int64(len(tasks))
		return nil
	}
	lakes, absent := c.scan()
	c.place(tasks, lakes)
	c.absent(tasks, absent)
	if err := c.checkFiles(ctx, tasks); err != nil {
		return err
	}
	var newer []fileTask
	for _, l := range lakes {
		newer = append(newer, c.manifests(l, tasks)...)
	}
	if err := c.checkFiles(ctx, newer); err != nil {
		return err
	}
	c.ahead(newer)
	c.unlisted(tasks)
	for _, l := range lakes {
		for _, o := range sorted(l.objects) {
			c.remark(CodeOrphan, l.label(o), namedRange(o), "no receipt names it; readers that go by the manifest do not see it")
		}
	}
	return nil
}

// place finds the files that receipts name. A file is looked for in every lake:
// a good copy in one of them must not hide what lies in another.
func (c *checker) place(tasks []fileTask, lakes []*lake) {
	named := make(map[string]*fileTask, len(tasks))
	for i := range tasks {
		t := &tasks[i]
		t.at = t.object
		if other := named[t.object]; other != nil {
			c.fail(CodeObjectTwice, t.object, leafRange(t.leaf), "was named by entry %d before", other.leaf)
			continue
		}
		named[t.object] = t
		for _, l := range lakes {
			if p, ok := l.objects[t.object]; ok {
				t.copies = append(t.copies, objectCopy{l, p})
				delete(l.objects, t.object)
			}
		}
		if n := len(t.copies); n > 1 {
			c.fail(CodeObjectCopies, t.object, leafRange(t.leaf), "lies in %d lakes, which then show its rows as often: check copies of a lake one at a time", n)
		}
	}
}

// absent tells of lakes that are not there. That is no fault while nothing is
// missing: a sink that has loaded nothing makes no directory.
func (c *checker) absent(tasks []fileTask, dirs []string) {
	lost := 0
	for i := range tasks {
		if len(tasks[i].copies) == 0 {
			lost++
		}
	}
	for _, dir := range dirs {
		if lost > 0 {
			c.fail(CodeLakeMissing, dir, whole, "there is no such lake, and %d files that receipts name are nowhere", lost)
		} else {
			c.remark(CodeLakeMissing, dir, whole, "there is no such lake, and no receipt names a file in it")
		}
	}
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
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
	err := g.Wait()
	for i := range tasks {
		for _, f := range tasks[i].bad {
			c.failAs(f.Kind, f.leaf, f.Code, f.Object, f.Range, "%s", f.Msg)
		}
		c.report.Rows += tasks[i].seen
	}
	return err
}

// source is what the file is held against.
func (t *fileTask) source() string {
	if t.leaf < 0 {
		return "its manifest, which no receipt vouches for"
	}
	return fmt.Sprintf("receipt entry %d", t.leaf)
}

// check holds the file against its receipt, wherever it lies.
func (t *fileTask) check(ctx context.Context) {
	if len(t.copies) == 0 {
		t.fail(CodeObjectMissing, t.extent(), "%s names it, and it is in no lake", t.source())
	}
	for _, o := range t.copies {
		t.at = o.lake.label(t.object)
		t.checkCopy(ctx, o.path)
	}
}

// checkCopy holds a file against the receipt: bytes, then rows.
func (t *fileTask) checkCopy(ctx context.Context, path string) {
	f, err := openRegular(path)
	if err != nil {
		t.fail(CodeObjectUnreadable, t.extent(), "%v", cause(err))
		return
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, reading{ctx, f})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		t.fail(CodeObjectUnreadable, t.extent(), "%v", cause(err))
		return
	}
	changed := digest(h.Sum(nil)) != t.sha
	if changed {
		t.fail(CodeObjectSHA256, t.extent(), "its bytes are not those of %s", t.source())
	}
	t.checkRows(ctx, f, size, changed)
}

func (t *fileTask) checkRows(ctx context.Context, f io.ReaderAt, size int64, changed bool) {
	b := &budget{limit: maxHeld, rows: -1}
	if changed {
		b.rows = maxChanged
	}
	o, err := openObject(f, size, b)
	if err == nil && o.footer.NumRows != t.rows {
		t.fail(CodeObjectCount, t.extent(), "%d rows, and %d by %s", o.footer.NumRows, t.rows, t.source())
		return
	}
	if err != nil {
		t.fail(CodeObjectUnreadable, t.extent(), "%v", err)
		return
	}
	for _, m := range [][2]string{{"lethe-topic", t.place.topic}, {"lethe-partition", fmt.Sprint(t.place.partition)},
		{"lethe-from", fmt.Sprint(t.from)}, {"lethe-to", fmt.Sprint(t.to)}} {
		if o.meta[m[0]] != m[1] {
			t.fail(CodeObjectMeta, t.extent(), "its footer's %s is not that of %s", m[0], t.source())
		}
	}
	var root rootHasher
	err = o.rows(ctx, t.place.partition, t.from, t.to, func(leaf tlog.Hash, _ []byte) { root.add(leaf) })
	t.seen += root.n
	if ctx.Err() != nil {
		return
	}
	var fault *rowFault
	switch {
	case errors.As(err, &fault):
		t.fail(CodeObjectRows, t.within(fault.from, fault.to), "%v", fault)
	case err != nil:
		t.fail(CodeObjectUnreadable, t.extent(), "%v", err)
	case digest(root.root()) != t.root:
		t.fail(CodeObjectRoot, t.within(0, root.n), "its rows are not those of %s: each can be read, and a root does not tell which differs", t.source())
	case changed:
		t.fail(CodeObjectPadding, t.extent(), "every row is as it should be: what was changed lies between them")
	}
}

func (t *fileTask) fail(code Code, where, format string, args ...any) {
	t.bad = append(t.bad, Finding{code.promise(), code, code.kind(), t.at, where, fmt.Sprintf(format, args...), t.leaf})
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
