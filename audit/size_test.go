package audit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/transparency-dev/tessera/api/layout"
)

func TestTheSizeOfALogIsThatOfItsFiles(t *testing.T) {
	dir := t.TempDir()
	whole := topicOf(t, 700)
	part := &topic{offsets: whole.offsets[:300], entries: whole.entries[:300]}
	for _, feed := range []*topic{part, whole} {
		f, err := follow(t, dir, feed)
		if err != nil {
			t.Fatal(err)
		}
		s := f.Status()
		var want uint64
		add := func(name string) {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			want += uint64(info.Size())
		}
		for i := uint64(0); i*layout.EntryBundleWidth < s.Size; i++ {
			add(layout.EntriesPath(i, layout.PartialTileSize(0, i, s.Size)))
		}
		for level, n := uint64(0), s.Size; n > 0; level, n = level+1, n>>layout.TileHeight {
			for i := uint64(0); i*layout.TileWidth < n; i++ {
				add(layout.TilePath(level, i, layout.PartialTileSize(level, i, s.Size)))
			}
		}
		if s.Bytes != want {
			t.Errorf("a log of %d entries is said to hold %d bytes; its files hold %d", s.Size, s.Bytes, want)
		}
	}
}
