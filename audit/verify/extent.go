package verify

import (
	"fmt"
	"regexp"
)

// Every finding says which entries, offsets or rows it is about. That of an
// object or a manifest is what its receipt says, or the manifest where there is
// no receipt, and what the name says where there is neither.

// whole is the range of what cannot be told apart: a checkpoint that nobody
// signed, a file that no sink makes.
const whole = "all of it"

// offsetRange is a range of a partition's offsets.
func offsetRange(partition int32, from, to int64) string {
	return fmt.Sprintf("partition %d, offsets [%d,%d)", partition, from, to)
}

// Names of what a sink writes: <topic>-<partition>-<from>-<to>-<generation>-<hash>.parquet,
// and the manifest of one.
var (
	objectForm   = regexp.MustCompile(`-(\d+)-(\d+)-(\d+)-[^-]+-[0-9a-f]{8}\.parquet$`)
	manifestForm = regexp.MustCompile(`-(\d+)-(\d+)\.json$`)
)

// namedRange is the range that a file's name says.
func namedRange(name string) string {
	if m := objectForm.FindStringSubmatch(name); m != nil {
		return fmt.Sprintf("partition %s, offsets [%s,%s)", m[1], m[2], m[3])
	}
	if m := manifestForm.FindStringSubmatch(name); m != nil {
		return fmt.Sprintf("partition %s, offsets from %s on", m[1], m[2])
	}
	return whole
}

func (t *fileTask) extent() string { return offsetRange(t.place.partition, t.from, t.to) }

func (m manifest) extent() string { return offsetRange(m.Partition, int64(m.From), int64(m.To)) }

// within is the range of rows [from, to) of the object; of all if it is empty.
func (t *fileTask) within(from, to int64) string {
	if from >= to {
		return t.extent()
	}
	return fmt.Sprintf("%s, rows [%d,%d)", t.extent(), from, to)
}
