package subject_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"lethe/masking/keyring/file"
	"lethe/masking/subject"
)

func Example() {
	dir, err := os.MkdirTemp("", "lethe-example-")
	check(err)
	defer os.RemoveAll(dir)
	check(file.Create(filepath.Join(dir, "keys")))
	keyring, err := file.Open(filepath.Join(dir, "keys"))
	check(err)
	cover, roots, err := file.SubjectDirs(filepath.Join(dir, "cover"), filepath.Join(dir, "roots"))
	check(err)
	start, ctx := time.Now(), context.Background()
	config := subject.Config{Cover: cover, Roots: roots, Keyring: keyring,
		Clock: func() time.Duration { return time.Since(start) }}
	check(subject.Create(ctx, config))
	store, err := subject.Open(config)
	check(err)
	check(store.Begin(ctx, "7y"))
	check(store.Lease(0)) // no shreds yet

	// What masks: one of each for every goroutine.
	digester, err := subject.NewDigester(keyring, "id.internal")
	check(err)
	sealer, err := subject.NewSealer(keyring)
	check(err)
	keys := store.Subjects("7y")
	phone := subject.NewField("crm.public.customer", "phone", keyring.Epoch(), false)
	var who subject.About
	digester.Digest(&who.Digest, []byte("42"))
	who.At, err = keys.Key(&who.Digest, &who.Key)
	check(err)
	token := sealer.Seal(nil, []byte("0812345678"), phone, []byte("seq 1"), &who, nil)

	// What reveals.
	clear, err := sealer.Open(nil, token, phone, []byte("seq 1"), store.Find)
	fmt.Println(string(clear), err)

	// What erases, once shreds holds record 1.
	check(store.Puncture(ctx, 1, []subject.Digest{who.Digest}))
	check(store.Lease(1))
	_, err = sealer.Open(nil, token, phone, []byte("seq 1"), store.Find)
	fmt.Println(errors.Is(err, subject.ErrErased), err)
	// Output:
	// 0812345678 <nil>
	// true subject erased
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
