package file

import (
	"cmp"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lethe/stream"
	"lethe/stream/disk"
)

const epochPrefix = "LETHE-EPOCH-1-"

// Epoch is a generation of masking keys. Equal values give other results in
// another one.
type Epoch struct {
	// Name is what receipts call it. That of a later epoch ends with a digest of
	// its part, so that no two keys bear one name (L6).
	Name string
	Made time.Time // when its file was made, as the file system has it

	number int
	part   stream.Value // what its keys derive from beside the root; zero for the first
}

// CodeEpoch is the code of the Fault of an epoch that is not in the keyring.
const CodeEpoch = "keyring.no_epoch"

// Epochs lists the epochs, oldest first. The last is the one in force.
func (k *Keyring) Epochs() ([]Epoch, error) {
	st, err := os.Stat(filepath.Join(k.dir, "root"))
	if err != nil {
		return nil, fmt.Errorf("epochs: %w", err)
	}
	all := []Epoch{{Name: stream.FirstEpoch, Made: st.ModTime(), number: 1}}
	entries, err := os.ReadDir(filepath.Join(k.dir, "epochs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("epochs: %w", err)
	}
	for _, f := range entries {
		n, err := strconv.Atoi(f.Name())
		if err != nil || n < 2 {
			continue // what a crash left of one that never was
		}
		e, err := k.readEpoch(n)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Epoch) int { return cmp.Compare(a.number, b.number) })
	return all, nil
}

func (k *Keyring) epochPath(n int) string { return filepath.Join(k.dir, "epochs", strconv.Itoa(n)) }

func (k *Keyring) readEpoch(n int) (Epoch, error) {
	path := k.epochPath(n)
	part, err := readKey(path, epochPrefix)
	if err != nil {
		return Epoch{}, err
	}
	st, err := os.Stat(path)
	if err != nil {
		return Epoch{}, fmt.Errorf("epoch: %w", err)
	}
	return Epoch{Name: epochName(n, part), Made: st.ModTime(), number: n, part: stream.NewValue(part)}, nil
}

// epochName gives an epoch's number and 32 bits of its part's digest. The part has
// 256 bits: the name tells nothing of a key.
func epochName(n int, part []byte) string {
	sum := sha256.Sum256(append([]byte("lethe epoch "), part...))
	return fmt.Sprintf("%d-%s", n, hex.EncodeToString(sum[:4]))
}

// In returns the keyring as it masks in an epoch, also in one that was made since
// the keyring was opened. One that it does not hold is a Fault: values would be
// masked under other keys than those of their epoch (L6).
func (k *Keyring) In(epoch string) (*Keyring, error) {
	found := Epoch{Name: stream.FirstEpoch, number: 1}
	if epoch != found.Name {
		number, _, _ := strings.Cut(epoch, "-")
		n, err := strconv.Atoi(number)
		if err == nil && n > 1 {
			found, err = k.readEpoch(n)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && n > 1 {
			return nil, err
		}
		if found.Name != epoch {
			return nil, &stream.Fault{Code: CodeEpoch, Path: filepath.Join(k.dir, "epochs"), Msg: "there is no epoch " + epoch + " in this keyring, and records are masked under it",
				Hint: "restore keys/ from a backup that was made after the last lethe keys rotate", Exit: stream.ExitEnvironment}
		}
	}
	in := *k
	in.epoch = found
	return &in, nil
}

// Rotate begins the epoch after that in force, which stays readable. It is durable
// on return; interrupted it is done or not. Of several at once only one begins an
// epoch, and all others get an error wrapping fs.ErrExist.
//
// L5: an epoch has a random part of its own, so that destroying it leaves nothing
// to derive its keys from; and who once got hold of the root has no key of a later
// epoch.
func (k *Keyring) Rotate() (Epoch, error) {
	all, err := k.Epochs()
	if err != nil {
		return Epoch{}, err
	}
	n := all[len(all)-1].number + 1
	part := make([]byte, keySize)
	rand.Read(part)
	if err := disk.MakeDir(filepath.Join(k.dir, "epochs"), 0o700); err != nil {
		return Epoch{}, fmt.Errorf("rotate: %w", err)
	}
	if err := createOnce(k.epochPath(n), encodeKey(epochPrefix, part)); err != nil {
		return Epoch{}, fmt.Errorf("rotate: epoch %d: %w", n, err)
	}
	return k.readEpoch(n)
}

// Epoch implements masking.Keyring.
func (k *Keyring) Epoch() string { return k.epoch.Name }

// EpochSecret implements masking.Keyring. In the first epoch it is Secret; later
// ones derive by HKDF from the root with their own part as salt, so that neither is
// enough without the other.
func (k *Keyring) EpochSecret(name string) ([]byte, error) {
	if k.epoch.number == 1 {
		return k.Secret(name)
	}
	if name == "" {
		return nil, errors.New("secret: no name")
	}
	key, err := hkdf.Key(sha256.New, k.root.Reveal(), k.epoch.part.Reveal(), "lethe epoch secret 1 "+name, keySize)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	return key, nil
}
