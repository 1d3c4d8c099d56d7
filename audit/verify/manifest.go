package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
// byte for byte. It returns the objects of those that no receipt names.
func (c *checker) manifests(l *lake, tasks []fileTask) []fileTask {
	receipts := make(map[string]*fileTask, len(tasks))
	for i := range tasks {
		if m := tasks[i].manifest(); receipts[m.name()] == nil {
			receipts[m.name()] = &tasks[i]
		}
	}
	newer := make(map[string]manifest)
	for _, name := range sorted(l.manifests) {
		raw, err := ReadFile(l.manifests[name], maxManifest)
		if err != nil {
			c.fail(CodeManifest, l.label(name), namedRange(name), "cannot be read: %v", cause(err))
			continue
		}
		t := receipts[name]
		if t == nil {
			if m, ok := c.newer(l, name, raw); ok {
				newer[name] = m
			}
			continue
		}
		l.listed[t.object] = true
		if !bytes.Equal(raw, t.manifest().bytes()) {
			c.fail(CodeManifest, l.label(name), t.extent(), "is not what receipt entry %d says of %s", t.leaf, t.object)
		} else if len(t.copies) > 0 && !t.inLake(l) {
			c.fail(CodeObjectMissing, l.label(t.object), t.extent(), "receipt entry %d names it and the manifest lists it, and it is not in this lake", t.leaf)
		}
	}
	return c.follow(l, newer)
}

// newer takes a manifest at a position that no receipt names. That is no fault
// only if it lies behind all that the log says of its partition, and only if it
// is in everything as a sink would write it.
func (c *checker) newer(l *lake, name string, raw []byte) (manifest, bool) {
	var m manifest
	fail := func(format string, args ...any) (manifest, bool) {
		c.fail(CodeManifest, l.label(name), namedRange(name), "no receipt names it, and it %s", fmt.Sprintf(format, args...))
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

// follow walks through the manifests behind the log's end: each begins where the
// one before it ends, the first where the log does.
func (c *checker) follow(l *lake, newer map[string]manifest) (tasks []fileTask) {
	places := make(map[place]bool)
	for _, m := range newer {
		places[m.place()] = true
	}
	for at := range places {
		next := manifest{Topic: at.topic, Partition: at.partition, From: count(c.flow.sunkTo(at))}
		for {
			m, listed := newer[next.name()]
			if !listed {
				// A sink that is at work may have listed it since the lake was read.
				raw, err := ReadFile(filepath.Join(l.root, filepath.FromSlash(next.name())), maxManifest)
				if err != nil {
					break
				}
				if m, listed = c.newer(l, next.name(), raw); !listed {
					break
				}
			}
			delete(newer, next.name())
			next.From = m.To
			tasks = append(tasks, m.task(l))
		}
	}
	for _, name := range sorted(newer) {
		m := newer[name]
		c.fail(CodeManifestOverlap, l.label(name), m.extent(), "no receipt names it, and it does not begin where another ends: it lists rows from %d on, the log's receipts go to %d",
			m.From, c.flow.sunkTo(m.place()))
	}
	slices.SortFunc(tasks, func(a, b fileTask) int { return cmp.Compare(a.object, b.object) })
	return tasks
}

// task is what has to be checked of an object that a manifest alone names.
func (m manifest) task(l *lake) fileTask {
	t := fileTask{object: m.Object, at: m.Object, sha: m.SHA256, root: m.Root, rows: int64(m.Rows), place: m.place(), from: int64(m.From), to: int64(m.To), leaf: -1}
	path, ok := l.objects[m.Object]
	if !ok {
		// It came before its manifest, but perhaps after the lake was read.
		path = filepath.Join(l.root, m.Object)
		info, err := os.Lstat(path)
		ok = err == nil && info.Mode().IsRegular()
	}
	if ok {
		t.copies = []objectCopy{{l, path}}
		delete(l.objects, m.Object)
	}
	return t
}

// ahead reports the objects that readers see and no receipt vouches for, however
// well they were made: whoever can write to the lake can make them.
func (c *checker) ahead(newer []fileTask) {
	for i := range newer {
		t := &newer[i]
		for _, o := range t.copies {
			c.report.Incomplete.Newer++
			c.underWay(CodeManifestAhead, o.lake.label(t.manifest().name()), t.extent(), "lists %d rows that are newer than the log's checkpoint: no receipt vouches for them", t.rows)
		}
	}
}

// underWay records what is no fault while a sink is at work, and else is one.
func (c *checker) underWay(code Code, object, where, format string, args ...any) {
	if c.opts.Running {
		c.remark(code, object, where, format, args...)
	} else {
		c.fail(code, object, where, format, args...)
	}
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
// only those of a partition's last transaction may be missing, and only while it
// is at work.
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
				c.fail(CodeManifestMissing, o.lake.label(t.object), t.extent(), "receipt entry %d names it, and no manifest: readers do not see its rows", t.leaf)
			default:
				c.report.Incomplete.Unlisted++
				c.underWay(CodeManifestPending, o.lake.label(t.object), t.extent(), "receipt entry %d names it, and no manifest yet: the sink, or its next owner, adds one", t.leaf)
			}
		}
	}
}
