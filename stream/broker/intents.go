package broker

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// intent is how the transaction that is being ended will end. It is written
// before kfake handles EndTxn, which writes markers partition by partition and
// then offsets one by one: if the process dies in between, recovery finishes
// what the intent says (trap 2).
//
// kfake handles one request at a time, so there is at most one such
// transaction, and the file holds one intent, overwritten in place. A torn
// intent is none, which is right: it was not handled yet, and the one before
// it was handled in full.
type intent struct {
	TxnID   string        `json:"id"`
	PID     int64         `json:"pid"`
	Epoch   int16         `json:"epoch"`
	Commit  bool          `json:"commit"`
	Offsets []groupOffset `json:"offsets,omitempty"`
}

// groupOffset is an offset that the transaction commits for a group.
type groupOffset struct {
	Group    string  `json:"g"`
	Topic    string  `json:"t"`
	Part     int32   `json:"p"`
	Offset   int64   `json:"o"`
	Epoch    int32   `json:"e"`
	Metadata *string `json:"m,omitempty"`
}

// intentFile holds the intent of the broker that is running.
type intentFile struct {
	sync bool

	mu  sync.Mutex
	f   *os.File
	set bool // the file holds an intent
}

func openIntents(path string, sync bool) (*intentFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	i := &intentFile{f: f, sync: sync, set: true}
	return i, i.clear()
}

// put makes it durable; the frame's checksum tells a torn one.
func (i *intentFile) put(it intent) error {
	data, err := json.Marshal(it)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set = true
	return i.write(appendFrame(nil, data))
}

// clear says that no transaction is being ended. The first transactional
// request after an EndTxn does so: were the intent left, and EndTxn had been
// refused because nothing was open, it would end the next transaction of the
// same producer and epoch.
func (i *intentFile) clear() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.set {
		return nil
	}
	i.set = false
	return i.write(make([]byte, frameHead))
}

func (i *intentFile) write(frame []byte) error {
	if _, err := i.f.WriteAt(frame, 0); err != nil {
		return err
	}
	if !i.sync {
		return nil
	}
	return i.f.Sync()
}

func (i *intentFile) close() error { return i.f.Close() }

// readIntent returns the intent at path, or nil if there is none.
func readIntent(path string) (*intent, error) {
	raw, err := readOptional(path)
	if err != nil {
		return nil, err
	}
	data, _, ok := nextFrame(raw) // what an older, longer intent left behind it is nothing
	if !ok {
		return nil, nil
	}
	it := new(intent)
	if err := json.Unmarshal(data, it); err != nil {
		return nil, fmt.Errorf("transaction intent: %w", err)
	}
	return it, nil
}
