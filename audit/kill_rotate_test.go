package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/stream/disk"
)

const (
	rotateDir = "LETHE_TEST_ROTATE_INTO"
	rotations = 12
)

// rotating are the keys of a log that is rotated often, the same in every process, and
// the audit topic that does it.
func rotating(t testing.TB) (*logKeys, *topic) {
	k := &logKeys{t: t}
	origin := "lethe/shop"
	for i := range rotations + 1 {
		seed := sha256.Sum256([]byte("rotation " + strconv.Itoa(i)))
		skey, vkey, err := note.GenerateKey(bytes.NewReader(seed[:]), origin)
		if err != nil {
			t.Fatal(err)
		}
		k.keys = append(k.keys, logKey{skey, vkey})
		origin = NextOrigin(origin, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	tp := &topic{slow: 2 * time.Millisecond}
	for i := range rotations {
		for range 600 {
			tp.entries = append(tp.entries, fmt.Appendf(nil, `{"n":%d}`, len(tp.entries)))
		}
		tp.entries = append(tp.entries, k.close(i))
	}
	for i := range tp.entries {
		tp.offsets = append(tp.offsets, int64(i*2+i/5))
	}
	return k, tp
}

// rotateOn follows into a log whose newest key the file "key" beside it names, as a
// process does that may be killed anywhere.
func rotateOn(dir string) error {
	k, tp := rotating(&testing.T{})
	at := filepath.Join(dir, "key")
	now := 0
	if b, err := os.ReadFile(at); err == nil {
		if now, err = strconv.Atoi(string(b)); err != nil {
			return err
		}
	}
	index := func(vkey string) int {
		return slices.IndexFunc(k.keys, func(l logKey) bool { return l.vkey == vkey })
	}
	f, err := NewFollower(Config{Dir: filepath.Join(dir, "log"), Signer: k.signer(now), Feed: tp, Name: "killed", Now: time.Now, Rotation: &Rotation{Key: k.keys[now].vkey,
		// The keys of before are destroyed.
		Next: func(vkey string) (note.Signer, error) {
			if i := index(vkey); i == now || i == now+1 {
				return k.signer(i), nil
			}
			return nil, errNoKey
		},
		Began: func(vkey string) error {
			now = index(vkey)
			return disk.Replace(at, strconv.AppendInt(nil, int64(now), 10), 0o600)
		}}})
	if err != nil {
		return err
	}
	return f.Follow(context.Background())
}

func TestL4ALogThatIsRotatedWhileItsFollowerIsKilledHoldsEachEntryOnce(t *testing.T) {
	k, tp := rotating(t)
	dir := t.TempDir()
	kills, keys := 0, map[string]bool{}
	for {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), rotateDir+"="+dir)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		if kills < 60 {
			time.Sleep(time.Duration(50+rand.IntN(500)) * time.Millisecond)
			if len(ended) == 0 {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				<-ended
				kills++
				b, _ := os.ReadFile(filepath.Join(dir, "key"))
				keys[string(b)] = true
				continue
			}
		}
		if err := <-ended; err != nil {
			t.Fatalf("follower ended by itself after %d kills: %v", kills, err)
		}
		break
	}
	for _, i := range []int{0, rotations / 2, rotations} {
		_, all := leaves(t, filepath.Join(dir, "log"), k.verifier(i))
		wholeLog(t, all, tp, rotations+1)
	}
	t.Logf("%d kills, under %d different keys", kills, len(keys))
}
