package parquet_test

import (
	"testing"

	"lethe/connectors/parquet/replay"
	"lethe/stream"
	"lethe/stream/sinktest"
)

func TestSinkKeepsItsContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Harness {
		dir := t.TempDir()
		return sinktest.Harness{
			Open:   func() (stream.Sink, error) { return open(t, dir), nil },
			Rows:   func(topic string) ([]sinktest.Row, error) { return published(dir, topic) },
			Traits: sinktest.Traits{Every: true, Publishes: true},
		}
	})
}

func published(dir, topic string) (rows []sinktest.Row, err error) {
	err = replay.Replay(dir, topic, func(p int32, o int64, op, key, seq string, columns map[string]any) error {
		r := sinktest.Row{Partition: p, Offset: o, Op: op, Key: key, Seq: seq}
		if id, ok := columns["id"].(int64); ok {
			r.ID = &id
		}
		if name, ok := columns["name"].(string); ok {
			r.Name = &name
		}
		rows = append(rows, r)
		return nil
	})
	return rows, err
}
