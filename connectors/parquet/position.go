package parquet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"lethe/stream"
)

// maxName is the longest file name that file systems take, in bytes.
const maxName = 255

var (
	topicForm = regexp.MustCompile(`^[A-Za-z0-9._-]+\.(g[0-9]+)$`)
	// restForm is what follows <topic>-<p>-<from>- in an object's name.
	restForm = regexp.MustCompile(`^([0-9]{1,19})-g[0-9]+-[0-9a-f]{8}\.parquet$`)
)

// generationOf is the g<n> that a masked topic's name ends with.
func generationOf(topic string) (string, error) {
	m := topicForm.FindStringSubmatch(topic)
	if m == nil {
		return "", fmt.Errorf("topic %q: not the name of a masked topic", topic)
	}
	return m[1], nil
}

// stem is what the names of everything about one partition begin with.
func stem(topic string, partition int32) string { return topic + "-" + strconv.Itoa(int(partition)) }

func objectName(r stream.Range, generation string, sum stream.Hash) (string, error) {
	name := fmt.Sprintf("%s-%d-%d-%s-%s.parquet", stem(r.Topic, r.Partition), r.From, r.To, generation, sum.String()[:8])
	if len(name) > maxName {
		return "", &stream.Fault{
			Code: "parquet.name_too_long",
			Path: r.Topic,
			Msg:  fmt.Sprintf("the object's name would be %d bytes long, and file systems take %d", len(name), maxName),
			Hint: "give workspace, connection or source a shorter name",
		}
	}
	return name, nil
}

// Position takes the end of the range from the name of the object that begins
// at r.From: the one that the manifest lists, otherwise the longest. It removes
// what a dead owner was writing for the partition.
func (s *sink) Position(_ context.Context, r stream.Range) (int64, error) {
	if _, err := generationOf(r.Topic); err != nil {
		return 0, err
	}
	if err := s.store.sweep(r.Topic, r.Partition); err != nil {
		return 0, err
	}
	m, err := s.store.manifest(r.Topic, r.Partition, r.From)
	if err == nil {
		return int64(m.To), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	prefix := fmt.Sprintf("%s-%d-", stem(r.Topic, r.Partition), r.From)
	names, err := s.store.list(".", prefix)
	if err != nil {
		return 0, err
	}
	end := r.From
	for _, name := range names {
		parts := restForm.FindStringSubmatch(strings.TrimPrefix(name, prefix))
		if parts == nil {
			continue
		}
		if to, err := strconv.ParseInt(parts[1], 10, 64); err == nil {
			end = max(end, to)
		}
	}
	return end, nil
}
