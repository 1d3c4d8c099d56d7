package subject

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// registerID is the number of the register among the trees; periods count from 1.
const registerID = 0

// A mark in the register is a subject's generation, and whether the subject is
// erased in it.
const (
	erased         = 1 << 15
	lastGeneration = erased - 1
)

// cover is what is left of all trees of a workspace.
//
// The register says whom a puncture erased, so that a period that begins later
// knows it too, and which generation a subject has who came back.
type cover struct {
	version  uint64
	shred    uint64
	next     uint16 // the number of the next period
	register *tree
	periods  []*tree
	files    map[uint64]*usage
	nextFile uint64
	pages    *pages
	rewrite  bool // store everything anew
}

// usage is how much of a file of pages is still named.
type usage struct {
	Size, Live int64
}

// head is a cover as it is stored under the root key: the roots of its trees.
type head struct {
	Version, Shred, NextFile uint64
	Next                     uint16
	Trees                    []treeHead // the register first
	Files                    map[uint64]*usage
}

type treeHead struct {
	ID     uint16
	Name   string `json:",omitempty"`
	Early  bool   `json:",omitempty"`
	Salt   []byte `json:",omitempty"`
	Secret []byte `json:",omitempty"` // of the root, if the tree is whole
	At     ref
}

func newCover(files Files, memory int64) *cover {
	c := &cover{next: 1, files: map[uint64]*usage{}, pages: &pages{files: files, memory: cmp.Or(memory, 256<<20)}}
	c.register = &tree{id: registerID, from: c.pages}
	c.register.root.whole = true
	c.pages.drop = c.drop
	return c
}

// drop forgets the pages that are stored and in memory.
func (c *cover) drop() {
	for _, t := range c.trees() {
		if t.root.at.stored() {
			t.root.page.Store(nil)
		}
	}
}

func (c *cover) trees() []*tree { return append([]*tree{c.register}, c.periods...) }

func (c *cover) period(name string) *tree {
	for _, t := range c.periods {
		if t.name == name {
			return t
		}
	}
	return nil
}

func (c *cover) numbered(id uint16) *tree {
	for _, t := range c.periods {
		if t.id == id {
			return t
		}
	}
	return nil
}

// begin makes the tree of a period, unless there is one.
func (c *cover) begin(name string) error {
	if c.period(name) != nil {
		return nil
	}
	if c.next == 0 {
		return errors.New("cover: no numbers left for periods")
	}
	t := &tree{id: c.next, name: name, from: c.pages}
	t.early = c.register.root.whole
	rand.Read(t.salt[:])
	t.halves = newHalves(&t.salt)
	t.root.whole = true
	rand.Read(t.root.secret[:])
	c.periods = append(c.periods, t)
	c.next++
	return nil
}

// end drops a period whole: its tree is not named again, and what lies beside its
// pages moves to files of its own, so that those go too.
func (c *cover) end(name string) {
	c.periods = slices.DeleteFunc(c.periods, func(t *tree) bool { return t.name == name })
	c.rewrite = true
}

// state returns the subject's generation, or ErrErased.
func (c *cover) state(digest *Digest) (uint16, error) {
	mark, _, err := c.register.mark(leafOf(digest, 0))
	if err == nil && mark&erased != 0 {
		err = ErrErased
	}
	return mark &^ erased, err
}

// erase punctures every period at the subject's leaf. Of a subject who is erased
// there is nothing left to puncture.
func (c *cover) erase(digest *Digest) error {
	generation, err := c.state(digest)
	if errors.Is(err, ErrErased) {
		return nil
	}
	for _, t := range c.periods {
		if err == nil {
			err = t.puncture(leafOf(digest, generation), 0, c.free)
		}
	}
	if err == nil {
		err = c.register.puncture(leafOf(digest, 0), generation|erased, c.free)
	}
	return err
}

// comeBack gives an erased subject the next generation.
func (c *cover) comeBack(digest *Digest) error {
	generation, err := c.state(digest)
	if !errors.Is(err, ErrErased) {
		return err
	}
	if generation == lastGeneration {
		return fmt.Errorf("cover: the subject came back %d times: %w", generation, ErrErased)
	}
	return c.register.puncture(leafOf(digest, 0), generation+1, c.free)
}

func (c *cover) free(at ref) { c.files[at.File].Live -= int64(at.Size) }

// fileSize is where a file of pages is closed and another begun.
const fileSize = 32 << 20

// store writes what was changed into new files and returns the head that names it,
// of the next version.
func (c *cover) store(ctx context.Context) (head, error) {
	var size, live int64
	for _, u := range c.files {
		size, live = size+u.Size, live+u.Live
	}
	// What is read no longer is dropped once it is more than the rest.
	all := c.rewrite || size-live > live+1<<20
	if all {
		clear(c.files)
	}
	var buffer []byte
	flush := func() error {
		if len(buffer) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		err := c.pages.files.Create(pagesName(c.nextFile), buffer)
		c.files[c.nextFile] = &usage{int64(len(buffer)), int64(len(buffer))}
		c.nextFile++
		buffer = buffer[:0]
		return err
	}
	add := func(sealed []byte) (uint64, uint32, error) {
		if len(buffer)+len(sealed) > fileSize {
			if err := flush(); err != nil {
				return 0, 0, err
			}
		}
		at := len(buffer)
		buffer = append(buffer, sealed...)
		return c.nextFile, uint32(at), nil
	}
	for _, t := range c.trees() {
		if err := t.store(&t.root, 0, 0, all, add); err != nil {
			return head{}, err
		}
	}
	if err := flush(); err != nil {
		return head{}, err
	}
	for number, u := range c.files {
		if u.Live == 0 {
			delete(c.files, number)
		}
	}
	c.version++
	h := head{Version: c.version, Shred: c.shred, Next: c.next, NextFile: c.nextFile, Files: c.files}
	for _, t := range c.trees() {
		th := treeHead{ID: t.id, Name: t.name, Early: t.early, At: t.root.at}
		if t.halves != nil {
			th.Salt = t.salt[:]
		}
		if t.root.whole {
			th.Secret = t.root.secret[:]
		}
		h.Trees = append(h.Trees, th)
	}
	return h, nil
}

// openHead undoes sealing a head, and returns the cover that it names.
func openHead(files Files, memory int64, key *[keySize]byte, sealed []byte, version uint64) (*cover, error) {
	plain, err := unseal(key, sealed, aboutHead(version))
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	var h head
	if err := json.Unmarshal(plain, &h); err != nil || h.Version != version || len(h.Trees) == 0 {
		return nil, errSealed
	}
	c := newCover(files, memory)
	c.version, c.shred, c.next, c.nextFile = h.Version, h.Shred, h.Next, h.NextFile
	if h.Files != nil {
		c.files = h.Files
	}
	for i, th := range h.Trees {
		t := c.register
		if i > 0 {
			t = &tree{id: th.ID, name: th.Name, early: th.Early, from: c.pages}
			copy(t.salt[:], th.Salt)
			t.halves = newHalves(&t.salt)
			c.periods = append(c.periods, t)
		}
		t.root.whole, t.root.at = th.Secret != nil, th.At
		copy(t.root.secret[:], th.Secret)
	}
	return c, nil
}

func aboutHead(version uint64) []byte { return fmt.Appendf(nil, "lethe cover head 1 %d", version) }

// Names of a cover's files: of pages by a running number, of heads and root keys
// by version, so that names sort as what they count.
const (
	headPrefix  = "head-"
	pagesPrefix = "pages-"
	rootPrefix  = "root-"
)

func pagesName(number uint64) string { return fmt.Sprintf("%s%016x", pagesPrefix, number) }

func headName(version uint64) string { return fmt.Sprintf("%s%016x", headPrefix, version) }

func rootName(version uint64) string { return fmt.Sprintf("%s%016x", rootPrefix, version) }

// numberOf undoes the names above.
func numberOf(name, prefix string) (n uint64, ok bool) {
	text, ok := strings.CutPrefix(name, prefix)
	if !ok || len(text) != 16 {
		return 0, false
	}
	_, err := fmt.Sscanf(text, "%x", &n)
	return n, err == nil
}
