package file

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lethe/stream"
	"lethe/stream/disk"
)

// gone is what follows a period's name in the mark of its destruction.
const gone = ".gone"

// wrapVersion is the first byte of what Wrap returns: AES-256-GCM with a random
// 96-bit nonce, the period as associated data.
const wrapVersion = 1

var (
	periodName  = regexp.MustCompile(`^[a-z0-9-]+(/[A-Za-z0-9:-]+)+$`)
	purposeName = regexp.MustCompile(`^[a-z0-9-]+(/[A-Za-z0-9:-]+)*$`)
)

func (k *Keyring) periodPath(period string) (string, error) {
	if !periodName.MatchString(period) {
		return "", errors.New("period name: want <purpose>/<UTC time>")
	}
	return filepath.Join(k.dir, "periods", filepath.FromSlash(period)), nil
}

// Wrap encrypts a session key under the key of a period, which it makes if it
// is new. Under a destroyed one it returns an error wrapping
// stream.ErrDestroyed.
func (k *Keyring) Wrap(period string, key []byte) ([]byte, error) {
	aead, err := k.periodCipher(period, true)
	if err != nil {
		return nil, fmt.Errorf("wrap under %s: %w", period, err)
	}
	out := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(key)+aead.Overhead())
	out[0] = wrapVersion
	rand.Read(out[1:])
	return aead.Seal(out, out[1:], key, []byte(period)), nil
}

// Unwrap undoes Wrap. It reads the period's key anew each time, so that a key
// that another process destroyed is gone here too.
func (k *Keyring) Unwrap(period string, wrapped []byte) ([]byte, error) {
	aead, err := k.periodCipher(period, false)
	if err != nil {
		return nil, fmt.Errorf("unwrap under %s: %w", period, err)
	}
	if len(wrapped) < 1+aead.NonceSize() || wrapped[0] != wrapVersion {
		return nil, fmt.Errorf("unwrap under %s: not a wrapped key", period)
	}
	nonce, sealed := wrapped[1:1+aead.NonceSize()], wrapped[1+aead.NonceSize():]
	key, err := aead.Open(nil, nonce, sealed, []byte(period))
	if err != nil {
		return nil, fmt.Errorf("unwrap under %s: %w", period, err)
	}
	return key, nil
}

// periodCipher is the cipher of a period: its key derives from the period's file and
// the root together.
func (k *Keyring) periodCipher(period string, create bool) (cipher.AEAD, error) {
	path, err := k.periodPath(period)
	if err != nil {
		return nil, err
	}
	own, err := k.periodKey(path, create)
	if err != nil {
		return nil, err
	}
	salt, err := k.Secret("periods")
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, own, salt, "lethe period 1 "+period, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// periodKey reads a period's key, and makes it if create says so.
//
// The mark of destruction is there before the first byte of the key is
// overwritten, and every look at the key is followed by a look for the mark
// (L5): who read noise, half a key or a key that was made too late finds the
// mark, and who finds no mark read the key itself. So of a destruction and a
// making that race the destruction wins, and nothing is wrapped under what
// goes.
func (k *Keyring) periodKey(path string, create bool) ([]byte, error) {
	key, err := unlessGone(path)
	if !create || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := disk.MakeDir(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	fresh := make([]byte, keySize)
	rand.Read(fresh)
	err = createOnce(path, encodeKey(periodPrefix, fresh))
	if gone := notGone(path); gone != nil {
		return nil, errors.Join(gone, destroy(path))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return unlessGone(path)
}

// unlessGone reads a period's key. It looks for the mark last: see periodKey.
func unlessGone(path string) ([]byte, error) {
	key, err := readKey(path, periodPrefix)
	if gone := notGone(path); gone != nil {
		return nil, gone
	}
	return key, err
}

func notGone(path string) error {
	_, err := os.Lstat(path + gone)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return stream.ErrDestroyed
}

// Periods lists the periods of a purpose whose keys exist, oldest first.
func (k *Keyring) Periods(purpose string) ([]string, error) {
	if !purposeName.MatchString(purpose) {
		return nil, errors.New("purpose name: want letters, digits and -")
	}
	entries, err := os.ReadDir(filepath.Join(k.dir, "periods", filepath.FromSlash(purpose)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("periods of %s: %w", purpose, err)
	}
	marked := map[string]bool{}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), gone); ok {
			marked[name] = true
		}
	}
	var periods []string
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && !strings.Contains(name, ".") && !marked[name] {
			periods = append(periods, purpose+"/"+name)
		}
	}
	slices.Sort(periods) // names of one purpose are times of one layout
	return periods, nil
}

// Destroy deletes a period's key for good and leaves a mark, so that it is
// never made again. From the mark on everybody finds it destroyed. Destroying
// it again does nothing; if Destroy was interrupted, doing it again or opening
// the keyring completes it.
func (k *Keyring) Destroy(period string) error {
	path, err := k.periodPath(period)
	if err == nil {
		err = disk.MakeDir(filepath.Dir(path), 0o700)
	}
	if err == nil {
		if err = createOnce(path+gone, nil); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err == nil {
		err = destroy(path)
	}
	if err != nil {
		return fmt.Errorf("destroy period %s: %w", period, err)
	}
	return nil
}

// completeDestructions finishes what a crash left between the mark and the
// unlinking of a key.
func (k *Keyring) completeDestructions() error {
	err := filepath.WalkDir(filepath.Join(k.dir, "periods"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, gone) {
			return err
		}
		key, _, _ := strings.Cut(path, pending)
		if errors.Is(notGone(key), stream.ErrDestroyed) {
			return destroy(key)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
