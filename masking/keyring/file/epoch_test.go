package file

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"lethe/stream"
)

func secretIn(t *testing.T, k *Keyring, epoch, name string) []byte {
	t.Helper()
	in, err := k.In(epoch)
	if err != nil {
		t.Fatal(err)
	}
	if in.Epoch() != epoch {
		t.Errorf("epoch %s, want %s", in.Epoch(), epoch)
	}
	key, err := in.EpochSecret(name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestL6EpochsLiveSideBySide(t *testing.T) {
	old, dir := newKeyring(t)
	const name = "hmac/1/contact.email"
	plain, err := old.Secret(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(secretIn(t, old, "1", name), plain) {
		t.Error("the first epoch's key is not the one that derives from the root alone")
	}
	second, err := old.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if k.Epoch() != second.Name || old.Epoch() != "1" {
		t.Errorf("in force %s and, where it was open, %s", k.Epoch(), old.Epoch())
	}
	if !bytes.Equal(secretIn(t, k, "1", name), plain) {
		t.Error("rotation changed the first epoch's key")
	}
	if bytes.Equal(secretIn(t, k, second.Name, name), plain) || !bytes.Equal(secretIn(t, k, second.Name, name), secretIn(t, old, second.Name, name)) {
		t.Error("the second epoch's key is not one of its own, and the same to all")
	}
	if again, err := k.Secret(name); err != nil || !bytes.Equal(again, plain) {
		t.Error("rotation changed a key that all epochs share")
	}
	third, err := k.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	all, err := k.Epochs()
	if err != nil || len(all) != 3 || all[1].Name != second.Name || all[2].Name != third.Name || third.Name[:2] != "3-" {
		t.Errorf("epochs %v, %v", all, err)
	}
}

func TestL6EpochThatIsNotTheOneThatItsNameTellsIsRefused(t *testing.T) {
	k, dir := newKeyring(t)
	second, err := k.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "epochs", "2")
	if err := os.WriteFile(path, encodeKey(epochPrefix, make([]byte, keySize)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{second.Name, "2", "3-00000000", "", "x", "1-00000000", "../root"} {
		var f *stream.Fault
		if _, err := k.In(name); !errors.As(err, &f) || f.Code != CodeEpoch {
			t.Errorf("epoch %q: %v", name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := k.In(second.Name); err == nil {
		t.Error("an epoch without its file is given")
	}
}

func TestRotationThatWasInterruptedIsDoneOrNot(t *testing.T) {
	_, dir := newKeyring(t)
	if err := os.Mkdir(filepath.Join(dir, "epochs"), 0o700); err != nil {
		t.Fatal(err)
	}
	// A kill before the link leaves this.
	if err := os.WriteFile(filepath.Join(dir, "epochs", "2"+pending+"00"), []byte(epochPrefix), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := Open(dir)
	if err != nil || k.Epoch() != "1" {
		t.Fatalf("epoch %s, %v", k.Epoch(), err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	begun := map[string]bool{}
	for range 8 {
		wg.Go(func() {
			e, err := k.Rotate()
			if err != nil && !errors.Is(err, fs.ErrExist) {
				t.Errorf("rotate: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil && begun[e.Name] {
				t.Errorf("epoch %s was begun twice", e.Name)
			}
			begun[e.Name] = true
		})
	}
	wg.Wait()
	all, err := k.Epochs()
	delete(begun, "")
	if err != nil || len(all) != len(begun)+1 {
		t.Errorf("%d epochs for %d that were begun: %v", len(all), len(begun), err)
	}
}

func TestL6EpochKeysAreAsTheyWere(t *testing.T) {
	part := bytes.Repeat([]byte{7}, keySize)
	k := &Keyring{root: stream.NewValue(bytes.Repeat([]byte{9}, keySize)), epoch: Epoch{Name: epochName(2, part), number: 2, part: stream.NewValue(part)}}
	got, err := k.EpochSecret("hmac/" + k.Epoch() + "/contact.email")
	if want := "2-404e0c23 ede7463186c70d6240faa8068cb4ca85700004fad751e94924e1cbbdbcab3385"; err != nil || k.Epoch()+" "+hex.EncodeToString(got) != want {
		t.Errorf("%s %x, want %s: %v", k.Epoch(), got, want, err)
	}
}
