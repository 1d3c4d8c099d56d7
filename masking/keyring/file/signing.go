package file

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lethe/stream"
	"lethe/stream/disk"
)

var signerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// SigningKey is an Ed25519 key that the keyring keeps. Keys of one name follow each
// other: the newest signs, and one before it is there until it is destroyed.
type SigningKey struct {
	Private ed25519.PrivateKey
	n       int // counts from 1
}

// SigningKey returns the newest Ed25519 key of that name, and makes it the first time.
// It is random and does not derive from the root: who backs up the root cannot sign.
func (k *Keyring) SigningKey(name string) (ed25519.PrivateKey, error) {
	for {
		all, err := k.SigningKeys(name)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 {
			return all[len(all)-1].Private, nil
		}
		if err := k.makeSigner(name, 1); err != nil {
			return nil, fmt.Errorf("signing key %s: %w", name, err)
		}
	}
}

// SigningKeys returns the Ed25519 keys of that name which are there, oldest first.
func (k *Keyring) SigningKeys(name string) ([]SigningKey, error) {
	if !signerName.MatchString(name) {
		return nil, errors.New("signing key: want a name of letters, digits, _ and -")
	}
	for {
		numbers, err := k.signers(name)
		if err != nil {
			return nil, fmt.Errorf("signing key %s: %w", name, err)
		}
		var all []SigningKey
		for _, n := range numbers {
			seed, err := readKey(k.signerPath(name, n), signingPrefix)
			if errors.Is(err, fs.ErrNotExist) {
				all = nil // destroyed meanwhile, so there is a newer one
				break
			}
			if err != nil {
				return nil, fmt.Errorf("signing key %s: %w", name, err)
			}
			all = append(all, SigningKey{ed25519.NewKeyFromSeed(seed), n})
		}
		if len(all) == len(numbers) {
			return all, nil
		}
	}
}

// SucceedSigningKey makes the key that follows one, unless it is there. It is durable
// on return.
func (k *Keyring) SucceedSigningKey(name string, key SigningKey) error {
	if err := k.makeSigner(name, key.n+1); err != nil {
		return fmt.Errorf("signing key %s: %w", name, err)
	}
	return nil
}

// DestroySigningKey overwrites and removes a key that another follows; it is durable on
// return. One that is gone is no error.
func (k *Keyring) DestroySigningKey(name string, key SigningKey) error {
	numbers, err := k.signers(name)
	if err == nil && (len(numbers) == 0 || numbers[len(numbers)-1] <= key.n) {
		err = errors.New("no key follows it")
	}
	if err == nil {
		err = destroy(k.signerPath(name, key.n))
	}
	if err != nil {
		return fmt.Errorf("destroy signing key %s: %w", name, err)
	}
	return nil
}

// signerPath is the file of the n-th key of a name.
func (k *Keyring) signerPath(name string, n int) string {
	if n > 1 {
		name += "." + strconv.Itoa(n)
	}
	return filepath.Join(k.dir, "signing", name)
}

// signers are the numbers of the keys of a name that are there, in order.
func (k *Keyring) signers(name string) ([]int, error) {
	files, err := os.ReadDir(filepath.Join(k.dir, "signing"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []int
	for _, f := range files {
		number, later := strings.CutPrefix(f.Name(), name+".")
		if n, err := strconv.Atoi(number); later && err == nil && f.Name() == filepath.Base(k.signerPath(name, n)) && n > 1 {
			out = append(out, n)
		} else if f.Name() == name {
			out = append(out, 1)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (k *Keyring) makeSigner(name string, n int) error {
	path, fresh := k.signerPath(name, n), make([]byte, ed25519.SeedSize)
	rand.Read(fresh)
	err := disk.MakeDir(filepath.Dir(path), 0o700)
	if err == nil {
		err = createOnce(path, encodeKey(signingPrefix, fresh))
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// NewSigningKey makes a person's Ed25519 key in a file of its own, which only its
// owner can read. One that is there is an error wrapping fs.ErrExist.
func NewSigningKey(path string) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	if err := createOnce(path, encodeKey(signingPrefix, seed)); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ReadSigningKey reads what [NewSigningKey] made. A file that others can read is
// refused with a Fault.
func ReadSigningKey(path string) (ed25519.PrivateKey, error) {
	seed, err := readKey(path, signingPrefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &stream.Fault{Code: "keyring.no_key", Path: path, Msg: "there is no key here", Hint: "name the file of your key", Exit: stream.ExitInput}
	}
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// NewAuditorKey makes an auditor's X25519 private key in a file of its own, which only
// its owner can read. One that is there is an error wrapping fs.ErrExist.
func NewAuditorKey(path string) (*ecdh.PrivateKey, error) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("auditor's key: %w", err)
	}
	if err := createOnce(path, encodeKey(auditorPrefix, key.Bytes())); err != nil {
		return nil, fmt.Errorf("auditor's key: %w", err)
	}
	return key, nil
}

// ReadAuditorKey reads what [NewAuditorKey] made. A file that others can read is
// refused with a Fault.
func ReadAuditorKey(path string) (*ecdh.PrivateKey, error) {
	raw, err := readKey(path, auditorPrefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &stream.Fault{Code: "keyring.no_key", Path: path, Msg: "there is no key here", Hint: "name the file of your key", Exit: stream.ExitInput}
	}
	if err != nil {
		return nil, err
	}
	key, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		return nil, errors.New("auditor's key: not a private key of X25519")
	}
	return key, nil
}
