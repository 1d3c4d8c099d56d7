package wire

import (
	"testing"

	"lethe/stream"
)

func TestL5NoRecordOfAnErasureGivesWayToALaterOne(t *testing.T) {
	topics := stream.Topics{Workspace: "w"}
	for _, own := range ownTopics(topics, 8) {
		if own.Name == topics.Shreds() && own.Compact {
			t.Error("who may write to the topic can take a shred out of it")
		}
	}
}
