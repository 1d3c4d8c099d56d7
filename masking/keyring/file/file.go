// Package file keeps keys in a directory of the local machine.
//
// It drives masking.Keyring and stream.Keyring. Long-lived secrets derive from one
// random root by name; period keys and signing keys are random files of their
// own, so that destroying one leaves nothing to derive it from. It makes no key
// that nobody asked for, has no default keys, and does not open a directory that
// others can read.
//
// Masking keys come in epochs: [Keyring.Rotate] begins the next one, and those
// before it stay readable for what is masked under them.
//
// What is on disk, in a directory of mode 0700:
//
//	root                     LETHE-ROOT-1-<hex>, 0600
//	epochs/<n>               LETHE-EPOCH-1-<hex>, 0600, from the second on
//	periods/raw/<time>       LETHE-PERIOD-1-<hex>, 0600
//	periods/raw/<time>.gone  the mark that a period's key is destroyed, made before it is
//	signing/<name>           LETHE-ED25519-1-<hex>, the seed, 0600
//	signing/<name>.<n>       the same of those that follow it, from the second on
//
// Beside it, [SubjectDirs] makes the two directories of subjects' keys.
//
// A backup of root and a backup of periods do not belong together: either alone
// opens nothing that was wrapped.
//
// Promises it upholds:
//
//	L5 forgettable  a destroyed key is overwritten, unlinked and marked as
//	                destroyed before Destroy returns. What a file system or a
//	                disk keeps of overwritten blocks it does not know: put the
//	                directory on an encrypted volume
//	L6 same again   an epoch's name tells its key: where another is found under
//	                its number, nothing is masked
//	L7 unprintable  keys lie behind functions; errors name files, never bytes
package file

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"lethe/stream"
	"lethe/stream/disk"
)

const (
	rootPrefix    = "LETHE-ROOT-1-"
	periodPrefix  = "LETHE-PERIOD-1-"
	signingPrefix = "LETHE-ED25519-1-"
	auditorPrefix = "LETHE-X25519-1-"
	keySize       = 32
)

// Keyring is an open directory of keys. It is safe for concurrent use, also by
// several processes, and cannot be printed.
type Keyring struct {
	dir   string
	root  stream.Value
	epoch Epoch // that operators mask in
}

// Create makes a keyring with a new random root in dir. It refuses a directory
// that holds one.
func Create(dir string) error {
	if err := disk.MakeDir(dir, 0o700); err != nil {
		return fmt.Errorf("keyring %s: %w", dir, err)
	}
	if err := checkMode(dir, "700"); err != nil {
		return err
	}
	key := make([]byte, keySize)
	rand.Read(key)
	err := createOnce(filepath.Join(dir, "root"), encodeKey(rootPrefix, key))
	if errors.Is(err, fs.ErrExist) {
		return &stream.Fault{Code: "keyring.exists", Path: dir, Msg: "there is a keyring already; without its root nothing that it protects can be read",
			Hint: "use it, or name another directory", Exit: stream.ExitInput}
	}
	if err != nil {
		return fmt.Errorf("keyring %s: %w", dir, err)
	}
	return nil
}

// Open opens the keyring in dir, in its newest epoch, and completes the destructions
// that a crash interrupted. A directory or file that others can read is refused with a Fault
// that says what to type.
func Open(dir string) (*Keyring, error) {
	if err := checkMode(dir, "700"); err != nil {
		return nil, err
	}
	key, err := readKey(filepath.Join(dir, "root"), rootPrefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(dir)
	}
	if err != nil {
		return nil, err
	}
	k := &Keyring{dir: dir, root: stream.NewValue(key)}
	if err := k.completeDestructions(); err != nil {
		return nil, fmt.Errorf("keyring %s: complete destruction: %w", dir, err)
	}
	epochs, err := k.Epochs()
	if err != nil {
		return nil, err
	}
	k.epoch = epochs[len(epochs)-1]
	return k, nil
}

// CodeMissing is the code of the Fault of a directory that holds no keyring.
const CodeMissing = "keyring.missing"

func missing(dir string) error {
	return &stream.Fault{Code: CodeMissing, Path: dir, Msg: "there is no keyring here",
		Hint: "restore it from its backup; for a new workspace: lethe init", Exit: stream.ExitEnvironment}
}

// Secret returns the 32-byte key of that name: HKDF-SHA-256 (RFC 5869) of the
// root with the name as info.
func (k *Keyring) Secret(name string) ([]byte, error) {
	if name == "" {
		return nil, errors.New("secret: no name")
	}
	key, err := hkdf.Key(sha256.New, k.root.Reveal(), nil, "lethe secret 1 "+name, keySize)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	return key, nil
}

// Format implements fmt.Formatter: no verb shows a key (L7).
func (Keyring) Format(s fmt.State, _ rune) { io.WriteString(s, "[keyring]") }

// LogValue implements slog.LogValuer.
func (Keyring) LogValue() slog.Value { return slog.StringValue("[keyring]") }

// checkMode refuses what others than the owner can read or write.
func checkMode(path, want string) error {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && want == "700" {
		return missing(path)
	}
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if m := st.Mode().Perm(); m&0o077 != 0 {
		return &stream.Fault{Code: "keyring.mode", Path: path, Msg: fmt.Sprintf("others can reach this key material (mode %04o)", m),
			Hint: fmt.Sprintf("chmod %s %s", want, path), Exit: stream.ExitEnvironment}
	}
	return nil
}

func encodeKey(prefix string, key []byte) []byte {
	return append(hex.AppendEncode([]byte(prefix), key), '\n')
}

// readKey reads a key file that nobody else can reach.
func readKey(path, prefix string) ([]byte, error) {
	if err := checkMode(path, "600"); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	text, ok := strings.CutPrefix(strings.TrimSuffix(string(b), "\n"), prefix)
	if ok {
		if key, err := hex.DecodeString(text); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, &stream.Fault{Code: "keyring.damaged", Path: path, Msg: "this is not a key file, or a damaged one",
		Hint: "restore it from its backup", Exit: stream.ExitEnvironment}
}
