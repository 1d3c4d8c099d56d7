package file

import (
	"os"
	"path/filepath"
	"testing"
)

func TestL7ASigningKeyIsSucceededAndDestroyedAndTheNewestSigns(t *testing.T) {
	k, dir := newKeyring(t)
	if all, err := k.SigningKeys("worker"); err != nil || len(all) != 0 {
		t.Fatalf("%d keys that nobody asked for, %v", len(all), err)
	}
	first, err := k.SigningKey("worker")
	if err != nil {
		t.Fatal(err)
	}
	all, err := k.SigningKeys("worker")
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	if err := k.DestroySigningKey("worker", all[0]); err == nil {
		t.Error("the only key was destroyed")
	}
	for range 2 { // interrupted, and again
		if err := k.SucceedSigningKey("worker", all[0]); err != nil {
			t.Fatal(err)
		}
	}
	// What a crash leaves of a key is none, and goes with it.
	rest := filepath.Join(dir, "signing", "worker"+pending+"0011")
	for _, name := range []string{rest, filepath.Join(dir, "signing", "worker.02"), filepath.Join(dir, "signing", "worker.x")} {
		if err := os.WriteFile(name, encodeKey(signingPrefix, make([]byte, keySize)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next, err := k.SigningKey("worker")
	if err != nil || next.Equal(first) {
		t.Fatal("the newest key does not sign", err)
	}
	if all, err = k.SigningKeys("worker"); err != nil || len(all) != 2 || !all[0].Private.Equal(first) {
		t.Fatalf("%d keys, %v", len(all), err)
	}
	for range 2 {
		if err := k.DestroySigningKey("worker", all[0]); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := k.SigningKeys("worker"); err != nil || len(again) != 1 || !again[0].Private.Equal(next) || notGone(rest) != nil {
		t.Errorf("%d keys are left, %v", len(again), err)
	}
}
