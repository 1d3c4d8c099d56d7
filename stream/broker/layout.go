package broker

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
)

// layout names the files of a broker's directory. Those under data are
// kfake's, in the formats of the version that go.mod pins.
type layout struct{ dir string }

func (l layout) data() string      { return filepath.Join(l.dir, "data") }
func (l layout) meta() string      { return filepath.Join(l.data(), "meta.json") }
func (l layout) topics() string    { return filepath.Join(l.data(), "topics.json") }
func (l layout) groups() string    { return filepath.Join(l.data(), "groups.log") }
func (l layout) producers() string { return filepath.Join(l.data(), "pids.log") }
func (l layout) sequences() string { return filepath.Join(l.data(), "seq_windows.json") }
func (l layout) session() string   { return filepath.Join(l.data(), "session_state.json") }
func (l layout) intent() string    { return filepath.Join(l.dir, "intent") }
func (l layout) ledger() string    { return filepath.Join(l.dir, "ledger.json") }
func (l layout) rewritten() string { return filepath.Join(l.dir, "rewritten") }

// partitionName is how kfake names a partition's directory.
func partitionName(topic string, p int32) string {
	return fmt.Sprintf("%s-%d", url.PathEscape(topic), p)
}

func (l layout) partition(topic string, p int32) string {
	return filepath.Join(l.data(), "partitions", partitionName(topic, p))
}

// topicsFile is kfake's topics.json. Entries keep what recovery does not read.
type topicsFile struct {
	Version int               `json:"version"`
	Topics  []json.RawMessage `json:"topics"`
}

type topicEntry struct {
	Name       string            `json:"name"`
	ID         string            `json:"id"` // base64
	Partitions int32             `json:"partitions"`
	Configs    map[string]string `json:"configs"`
}

// snapshot is kfake's snapshot.json: where a partition stands, so that kfake
// does not guess it from the records (and does not hold them all while it does).
type snapshot struct {
	Version   int           `json:"version"`
	High      int64         `json:"high_watermark"`
	Stable    int64         `json:"last_stable_offset"`
	Start     int64         `json:"log_start_offset"`
	Epoch     int32         `json:"epoch"`
	MaxTime   int64         `json:"max_timestamp"`
	CreatedAt string        `json:"created_at"`
	Aborted   []abortedSpan `json:"aborted_txns,omitempty"`
	Segments  []segmentSize `json:"segments"`
}

type abortedSpan struct {
	Producer int64 `json:"producer_id"`
	First    int64 `json:"first_offset"`
	Last     int64 `json:"last_offset"` // of the marker
}

type segmentSize struct {
	Base     int64 `json:"base_offset"`
	Size     int64 `json:"size"`
	MinEpoch int32 `json:"min_epoch,omitempty"`
	MaxEpoch int32 `json:"max_epoch,omitempty"`
}

// sequencesFile is kfake's seq_windows.json.
type sequencesFile struct {
	Version int              `json:"version"`
	Windows []sequenceWindow `json:"windows"`
}

// sequenceWindow remembers the last batches of a producer on a partition, by
// which a batch sent twice is known.
type sequenceWindow struct {
	PID     int64            `json:"pid"`
	Topic   string           `json:"topic"`
	Part    int32            `json:"partition"`
	Entries [5]sequenceEntry `json:"entries"`
	Count   uint8            `json:"count"`
	At      uint8            `json:"at"`
	Epoch   int16            `json:"epoch"`
	Seen    bool             `json:"seen"`
	Next    int32            `json:"next_seq"`
}

type sequenceEntry struct {
	First  int32 `json:"first_seq"`
	Next   int32 `json:"next_seq"`
	Offset int64 `json:"offset"`
}
