package pipeline

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
)

// voucher vouches for what the stages read back from where others may write too
// and act upon: control records, positions, and the metadata of offset commits. Who
// has no key can neither make one nor move one to another place (L1).
//
// What it vouches for is 43 characters of base64url, an HMAC-SHA-256 over
// `len u32 ‖ place ‖ body`, and then the body.
type voucher []byte

// vouchLength is the length of an HMAC-SHA-256 in base64.
const vouchLength = 43

func (b Base) voucher() (voucher, error) {
	key, err := b.Keyring.Secret("control")
	if err != nil {
		return nil, fmt.Errorf("key control: %w", err)
	}
	return key, nil
}

func (v voucher) mac(place string, body []byte) []byte {
	h := hmac.New(sha256.New, v)
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(place))))
	h.Write([]byte(place))
	h.Write(body)
	return base64.RawURLEncoding.AppendEncode(nil, h.Sum(nil))
}

// vouch gives the JSON of body as it stands at a place.
func (v voucher) vouch(place string, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return append(v.mac(place, b), b...), nil
}

// open reads into body what stands at a place; false where nobody with the key
// wrote it for there.
func (v voucher) open(place string, text []byte, body any) bool {
	if len(text) < vouchLength || !hmac.Equal(text[:vouchLength], v.mac(place, text[vouchLength:])) {
		return false
	}
	return json.Unmarshal(text[vouchLength:], body) == nil
}

// Places. Names of topics and groups have no slash.

func (p place) String() string { return p.topic + "/" + strconv.Itoa(int(p.partition)) }

func controlAt(p place) string { return "control/" + p.String() }

func positionAt(job string) string { return "position/" + job }

func offsetAt(group string, p place, offset int64) string {
	return "offset/" + group + "/" + p.String() + "/" + strconv.FormatInt(offset, 10)
}

// metadata is what travels as the metadata of an offset commit: the head of the
// partition's chain and what a new owner must know to go on.
type metadata struct {
	Head     stream.Hash     `json:"head"`
	Revision string          `json:"revision,omitempty"` // in force after the last record
	Number   stream.Int64    `json:"number"`             // of the announcement that put it in force
	Loaded   []stream.Loaded `json:"loaded,omitempty"`   // a sink's last objects, to be published
}

// standing is where a group stands on a partition.
type standing struct {
	metadata
	offset int64
}

// standings says where a group stands on each of its partitions. An offset that no
// stage committed is a fault: what would be read, skipped or deleted after it
// would be of somebody else's choosing (L1, L2).
func (b Base) standings(ctx context.Context, cl *kgo.Client, group string) (map[place]standing, error) {
	v, err := b.voucher()
	if err != nil {
		return nil, err
	}
	all, err := kafka.Offsets(ctx, cl, group)
	if err != nil {
		return nil, err
	}
	out := make(map[place]standing)
	for topic, parts := range all {
		for n, c := range parts {
			p, s := place{topic, n}, standing{offset: c.Offset}
			if !v.open(offsetAt(group, p, c.Offset), []byte(c.Metadata), &s.metadata) {
				return nil, &stream.Fault{Code: "run.offsets_forged", Path: group + ": " + p.String(), Exit: stream.ExitEnvironment,
					Msg: fmt.Sprintf("no stage with these keys has committed its offset %d", c.Offset),
					Hint: "if keys/ is not what this workspace began with, bring it back; else find who may write to this group, and\n" +
						"restore its offsets (with the embedded broker: state/) from a backup, or name source and connection anew"}
			}
			out[p] = s
		}
	}
	return out, nil
}

// StartGroup gives a group its first offset on partitions of the topics where it
// has none: their start. It runs before the group's members join; where the group
// has all its offsets it changes nothing.
func (b Base) StartGroup(ctx context.Context, group string, topics []string) error {
	v, err := b.voucher()
	if err != nil {
		return err
	}
	return b.Cluster.StartGroup(ctx, group, topics, func(topic string, partition int32, offset int64) (string, error) {
		text, err := v.vouch(offsetAt(group, place{topic, partition}, offset), metadata{})
		return string(text), err
	})
}
