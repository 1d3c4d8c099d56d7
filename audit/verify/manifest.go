package verify

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// What a sink writes beside objects: the manifest, and by what names and types
// columns are stored, which readers do not need and every object tells itself.
const (
	manifestDir = "_manifest"
	columnsDir  = "_columns"
)

// maxManifest is longer than any manifest.
const maxManifest = 1 << 16

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

// bytes are those that a sink writes. Anything else, even if some decoder takes
// it for the same, may be something else to another.
func (m manifest) bytes() []byte {
	b, _ := json.Marshal(m) // strings and numbers cannot fail
	return append(b, '\n')
}

func (m manifest) place() place { return place{m.Topic, m.Partition} }

// name is that of the manifest below the lake.
func (m manifest) name() string {
	return fmt.Sprintf("%s/%s-%d-%d.json", manifestDir, m.Topic, m.Partition, m.From)
}

// object is the name that a sink gives to such an object.
func (m manifest) object() string {
	return fmt.Sprintf("%s-%d-%d-%d-%s-%s.parquet", m.Topic, m.Partition, m.From, m.To, parseTopic(m.Topic).gn, m.SHA256.String()[:8])
}

// manifest is what the receipt says that readers shall see.
func (t *fileTask) manifest() manifest {
	return manifest{t.object, t.sha, count(t.rows), t.root, t.place.topic, t.place.partition, count(t.from), count(t.to)}
}

// inLake reports whether the object lies in l.
func (t *fileTask) inLake(l *lake) bool {
	return slices.ContainsFunc(t.copies, func(o objectCopy) bool { return o.lake == l })
}

// manifests holds each manifest of a lake against the receipt of its position,
// byte for byte.
func (c *checker) manifests(l *lake, tasks []fileTask) {
	receipts := make(map[string]*fileTask, len(tasks))
	for i := range tasks {
		if m := tasks[i].manifest(); receipts[m.name()] == nil {
			receipts[m.name()] = &tasks[i]
		}
	}
	var newer []manifest
	for _, name := range sorted(l.manifests) {
		raw, err := ReadFile(l.manifests[name], maxManifest)
		if err != nil {
			c.fail(CodeManifest, l.label(name), "", "cannot be read: %v", cause(err))
			continue
		}
		t := receipts[name]
		if t == nil {
			if m, ok := c.newer(l, name, raw); ok {
				newer = append(newer, m)
			}
			continue
		}
		l.listed[t.object] = true
		if !bytes.Equal(raw, t.manifest().bytes()) {
			c.fail(CodeManifest, l.label(name), "", "is not what receipt entry %d says of %s", t.leaf, t.object)
		} else if len(t.copies) > 0 && !t.inLake(l) {
			c.fail(CodeObjectMissing, l.label(t.object), "", "receipt entry %d names it and the manifest lists it, and it is not in this lake", t.leaf)
		}
	}
	c.apart(l, newer)
}

// newer takes a manifest at a position that no receipt names. That is no fault
// only if it lies behind all that the log says of its partition, and only if it
// is in everything as a sink would write it.
func (c *checker) newer(l *lake, name string, raw []byte) (manifest, bool) {
	var m manifest
	fail := func(format string, args ...any) (manifest, bool) {
		c.fail(CodeManifest, l.label(name), "", "no receipt names it, and it %s", fmt.Sprintf(format, args...))
		return m, false
	}
	switch err := json.Unmarshal(raw, &m); {
	case err != nil || !bytes.Equal(raw, m.bytes()):
		return fail("is not as a sink writes it")
	case m.name() != name || m.object() != m.Object || parseTopic(m.Topic).kind != kindMasked:
		return fail("is not named as a sink names it")
	case m.From < 0 || m.To <= m.From || m.Rows < 0 || m.Rows > m.To-m.From:
		return fail("lists a range that cannot be")
	case int64(m.From) < c.flow.sunkTo(m.place()):
		return fail("lists rows from %d on: the log's receipts go to %d", m.From, c.flow.sunkTo(m.place()))
	}
	return m, true
}

// apart checks what can be checked of objects that are newer than the log's
// checkpoint: their bytes, and that none lies over another.
func (c *checker) apart(l *lake, newer []manifest) {
	slices.SortFunc(newer, func(a, b manifest) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.From, b.From))
	})
	for i, m := range newer {
		path, ok := l.objects[m.Object]
		delete(l.objects, m.Object)
		switch sum, err := hashFile(path); {
		case i > 0 && newer[i-1].place() == m.place() && newer[i-1].To > m.From:
			c.fail(CodeManifestOverlap, l.label(m.name()), "", "no receipt names it, and it lists rows that %s lists as well", newer[i-1].name())
		case !ok:
			c.fail(CodeObjectMissing, l.label(m.Object), "", "no receipt names it; the manifest lists it, and it is not in the lake")
		case err != nil:
			c.fail(CodeObjectUnreadable, l.label(m.Object), "", "%v", cause(err))
		case sum != m.SHA256:
			c.fail(CodeObjectSHA256, l.label(m.Object), "", "no receipt names it, and its bytes are not those that the manifest lists")
		default:
			c.report.Incomplete.Newer++
			c.remark(CodeManifestAhead, l.label(m.name()), "", "lists rows that are newer than the log's checkpoint: no receipt vouches for them yet")
		}
	}
}

func hashFile(path string) (digest, error) {
	f, err := os.Open(path)
	if err != nil {
		return digest{}, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return digest(h.Sum(nil)), err
}

// sunkTo is how far the sink of a masked topic's connection is.
func (f *flow) sunkTo(at place) int64 {
	if s := f.chains[chainID{stageSink, parseTopic(at.topic).connection, at}]; s != nil {
		return max(0, offsetOf(s.to))
	}
	return 0
}

// written says by which receipt a part came.
type written struct {
	run          string
	n            int64
	time, policy string
}

// with reports whether two receipts can be of one transaction, next after w: a
// transaction writes one receipt for each policy revision, and the parts of one
// revision, if they are many, into several receipts of the same time.
func (w written) with(next written) bool {
	return w.run == next.run && (w.n == next.n || w.n+1 == next.n && (w.time == next.time || w.policy != next.policy))
}

// unlisted reports files that readers of the manifest do not see. A sink lists
// the objects of a transaction after its commit and before its next one, so
// only those of a partition's last transaction may be missing.
func (c *checker) unlisted(tasks []fileTask) {
	type tail struct {
		first written // receipt of the last transaction, as far back as was seen
		over  bool    // what comes now is older
	}
	tails := make(map[place]*tail)
	for i := len(tasks) - 1; i >= 0; i-- {
		t := &tasks[i]
		last := tails[t.place]
		if last == nil {
			last = &tail{first: t.in}
			tails[t.place] = last
		}
		last.over = last.over || !t.in.with(last.first)
		last.first = t.in
		for _, o := range t.copies {
			switch {
			case o.lake.listed[t.object]:
			case last.over:
				c.fail(CodeManifestMissing, o.lake.label(t.object), "", "receipt entry %d names it, and no manifest: readers do not see its rows", t.leaf)
			default:
				c.report.Incomplete.Unlisted++
				c.remark(CodeManifestPending, o.lake.label(t.object), "", "is not yet in the manifest: the sink, or its next owner, adds it")
			}
		}
	}
}
