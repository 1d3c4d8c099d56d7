package verify

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// lake is one directory of a Parquet sink and what lies in it.
type lake struct {
	dir    string // as it was given
	root   string // what it leads to
	alone  bool   // the only one: its name need not be said
	files  fs.FileInfo
	listed map[string]bool // objects that its manifest lists

	objects   map[string]string // paths by name below the lake
	manifests map[string]string
}

// label is how findings name a file of the lake.
func (l *lake) label(name string) string {
	if l.alone {
		return name
	}
	return path.Join(filepath.ToSlash(l.dir), name)
}

// tempForm is a file that a sink was writing when it ended.
var tempForm = regexp.MustCompile(`^\..+-[A-Z2-7]{26}\.tmp$`)

// scan lists the lakes, each directory once, and the directories that are not
// there.
func (c *checker) scan() (lakes []*lake, absent []string) {
	for _, dir := range c.opts.Lakes {
		l := &lake{dir: dir, alone: len(c.opts.Lakes) == 1, listed: make(map[string]bool),
			objects: make(map[string]string), manifests: make(map[string]string)}
		// The lake itself may be reached over a link; nothing in it may.
		root, err := filepath.EvalSymlinks(dir)
		if err == nil {
			l.root = root
			l.files, err = os.Stat(root)
		}
		if err == nil && !twice(lakes, l) {
			lakes = append(lakes, l)
			err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
				if err != nil || p == root {
					return err
				}
				rel, err := filepath.Rel(root, p)
				if err != nil {
					return err
				}
				return c.found(l, filepath.ToSlash(rel), p, d)
			})
		}
		if l.files == nil && errors.Is(err, fs.ErrNotExist) {
			absent = append(absent, filepath.ToSlash(dir))
		} else if err != nil {
			c.fail(CodeLake, filepath.Base(dir), whole, "%v", cause(err))
		}
	}
	return lakes, absent
}

func twice(lakes []*lake, l *lake) bool {
	for _, other := range lakes {
		if os.SameFile(other.files, l.files) {
			return true
		}
	}
	return false
}

// found takes in an entry of a lake. A sink writes regular files that anyone
// sees; what is otherwise may show readers other rows than are checked here.
func (c *checker) found(l *lake, name, p string, d fs.DirEntry) error {
	odd := func(what string) error {
		c.fail(CodeLakeEntry, l.label(name), namedRange(name), "%s: no sink makes such in a lake, and readers may follow it", what)
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	regular, hidden := d.Type().IsRegular(), strings.HasPrefix(d.Name(), ".")
	dir := path.Dir(name)
	switch {
	case regular && tempForm.MatchString(d.Name()) && (dir == "." || dir == manifestDir || dir == columnsDir):
		c.remark(CodeTemporary, l.label(name), whole, "was being written: the sink's next owner removes it")
	case !regular && !d.IsDir():
		return odd("is a link or another special file")
	case hidden:
		return odd("is hidden")
	case (name == manifestDir || name == columnsDir) && d.IsDir():
	case dir == manifestDir && regular && strings.HasSuffix(name, ".json"):
		l.manifests[name] = p
	case dir == manifestDir || name == manifestDir:
		return odd("is no manifest")
	case name == columnsDir || dir == columnsDir && !(regular && strings.HasSuffix(name, ".json")):
		return odd("is no list of columns")
	case regular && strings.HasSuffix(name, ".parquet"):
		l.objects[name] = p
	case regular && dir != columnsDir:
		c.remark(CodeOrphan, l.label(name), whole, "no sink writes such; readers that take every file they find read it")
	}
	return nil
}
