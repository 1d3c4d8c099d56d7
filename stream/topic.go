package stream

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxTopicName is the longest topic name that Kafka takes, in characters.
const MaxTopicName = 249

// Topics names the topics of a workspace (FORMAT.md, "Topics").
type Topics struct{ Workspace string }

func (t Topics) name(parts ...string) string {
	return "lethe." + t.Workspace + "." + strings.Join(parts, ".")
}

// Raw holds the ciphertext records of a source's streams of one class.
func (t Topics) Raw(c Class, source string) string { return t.name("raw", string(c), source) }

// RawSource gives the source whose raw topic of this workspace bears the name.
func (t Topics) RawSource(topic string) (string, bool) { return t.last(topic, "raw") }

// QuarantineConnection gives the connection whose quarantine topic of this
// workspace bears the name.
func (t Topics) QuarantineConnection(topic string) (string, bool) { return t.last(topic, "quarantine") }

// last is the last part of the name of a topic of a kind: names that people give
// have no dots.
func (t Topics) last(topic, kind string) (string, bool) {
	rest, ok := strings.CutPrefix(topic, t.name(kind, ""))
	dot := strings.LastIndexByte(rest, '.')
	if !ok || dot < 0 {
		return "", false
	}
	return rest[dot+1:], true
}

// Masked holds the masked records of one stream of one connection.
func (t Topics) Masked(l Label, connection, stream string, generation int) string {
	parts := strings.Split(stream, ".")
	for i := range parts {
		parts[i] = EscapeName(parts[i])
	}
	return t.name("masked", string(l), connection, strings.Join(parts, "."), fmt.Sprintf("g%d", generation))
}

// Generation tells which generation of a masked stream a topic of this workspace
// holds. Topics of one stream of one connection give one name, whatever their
// labels.
func (t Topics) Generation(topic string) (name string, generation int, ok bool) {
	rest, ok := strings.CutPrefix(topic, t.name("masked", ""))
	_, rest, labelled := strings.Cut(rest, ".")
	dot := strings.LastIndex(rest, ".g")
	if !ok || !labelled || dot < 0 {
		return "", 0, false
	}
	generation, err := strconv.Atoi(rest[dot+len(".g"):])
	return rest[:dot], generation, err == nil && generation > 0
}

// Quarantine holds what a connection could not mask.
func (t Topics) Quarantine(l Label, connection string) string {
	return t.name("quarantine", string(l), connection)
}

// Positions holds where each source stands.
func (t Topics) Positions() string { return t.name("positions") }

// Revisions holds what each policy revision does, sealed, by its id: workers of
// any build and machine mask a record under the revision of its time.
func (t Topics) Revisions() string { return t.name("revisions") }

// Audit holds the entries that the log is made of.
func (t Topics) Audit() string { return t.name("audit") }

// Details holds per-field counts that receipts name by hash.
func (t Topics) Details() string { return t.name("details") }

// Subjects holds whom the records of mask transactions are about, sealed, in pieces by
// the hash that a receipt names.
func (t Topics) Subjects() string { return t.name("subjects") }

// Leaves holds the record leaves of each receipt part.
func (t Topics) Leaves() string { return t.name("leaves") }

// Openings holds what the salted commitments of intents stand for, sealed, by entry.
func (t Topics) Openings() string { return t.name("openings") }

// Shreds holds who was erased, sealed, by number.
func (t Topics) Shreds() string { return t.name("shreds") }

// Revocations holds what revokes workers' keys, before the audit topic does.
func (t Topics) Revocations() string { return t.name("revocations") }

// ActorID is the transactional id of who writes entries of actions, on a machine.
func (t Topics) ActorID(instance string) string { return t.name("actor", instance) }

// MaskGroup is the consumer group of a connection's mask stage.
func (t Topics) MaskGroup(connection string) string { return t.name("mask", connection) }

// SinkGroup is the consumer group of a connection's sink stage.
func (t Topics) SinkGroup(connection string) string { return t.name("sink", connection) }

// SIEMGroup is the group whose offset tells how far a destination of audit events is.
func (t Topics) SIEMGroup(destination string) string { return t.name("siem", destination) }

// IngestGroup is the consumer group that leases sources.
func (t Topics) IngestGroup() string { return t.name("ingest") }

// IngestID is the transactional id of a source's ingest.
func (t Topics) IngestID(source string) string { return t.name("ingest", source) }

// EscapeName writes bytes outside [A-Za-z0-9] as -XX in hex.
func EscapeName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "-%02X", c)
	}
	return b.String()
}
