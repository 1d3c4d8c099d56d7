package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Python makes a Python with what requirements.txt of a peer's folder lists, once, in
// the user's cache, and returns where it is. say hears that it takes a while.
func Python(ctx context.Context, peer string, say func(string)) (string, error) {
	list := filepath.Join(peer, "requirements.txt")
	want, err := os.ReadFile(list)
	if err != nil {
		return "", fmt.Errorf("requirements: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache: %w", err)
	}
	dir := filepath.Join(cache, "lethe-bench", filepath.Base(peer))
	complete := filepath.Join(dir, "complete")
	if have, err := os.ReadFile(complete); err == nil && bytes.Equal(have, want) {
		return filepath.Join(dir, "bin", "python"), nil
	}
	say("fetching what " + list + " lists with pip, once, into " + dir)
	for _, args := range [][]string{{"python3", "-m", "venv", "--clear", dir}, {filepath.Join(dir, "bin", "pip"), "install", "-q", "-r", list}} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, LastLine(string(out)))
		}
	}
	return filepath.Join(dir, "bin", "python"), os.WriteFile(complete, want, 0o644)
}

// LastLine is the last line of what a program said: mostly why it ended.
func LastLine(said string) string {
	said = strings.TrimSpace(said)
	return said[strings.LastIndexByte(said, '\n')+1:]
}
