// Package transport brings the events of package siem to receivers, one way a file:
// files, syslog, Splunk, Elasticsearch and OpenSearch, webhooks, Kafka topics, OTLP,
// S3 objects and e-mail.
//
// Its words are those of each protocol. It decides nothing about what a destination
// may have, and does not try again: package siem does.
//
// Promises it upholds:
//
//	L2 once         Send returns once the receiver has said that it has the batch,
//	                where the protocol has a word for that; each transport says what
//	                can be lost where it has not
//	L7 unprintable  no error holds a token, a URL's query or what a receiver answered
package transport

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"lethe/audit/siem"
)

// Settings are what lethe.yaml says of a transport. Their yaml tags are its words.
type Settings interface {
	// Check tells what cannot be right, by key.
	Check(fault func(key, msg, hint string))
	// Paths are those of them that name files.
	Paths() []*string
	// Open makes the transport. What it cannot reach yet is an error of the first Send.
	Open(env siem.Env) (siem.Transport, error)
}

// Paced are settings of a transport that sends seldom, and much at once.
type Paced interface {
	Pace() (every time.Duration, events, bytes int)
}

// kind is a transport and its settings as they are if nobody says anything.
type kind struct {
	name string
	make func() Settings
	json bool // it carries formats that are JSON objects, and no others
}

var kinds = []kind{
	{name: "file", make: func() Settings { return &File{RotateMiB: 64, Keep: 16} }},
	{name: "syslog", make: func() Settings { return &Syslog{} }},
	{name: "hec", make: func() Settings { return &HEC{SourceType: "lethe:audit", Ack: true} }},
	{name: "elastic", make: func() Settings { return &Elastic{DataStream: "logs-lethe.audit-default", DeleteAfterDays: 365} }, json: true},
	{name: "webhook", make: func() Settings { return &Webhook{} }},
	{name: "kafka", make: func() Settings { return &Kafka{} }},
	{name: "otlp", make: func() Settings { return &OTLP{} }},
	{name: "s3", make: func() Settings { return &S3{Every: time.Minute} }},
	{name: "email", make: func() Settings { return &Email{Every: time.Minute} }},
}

// New gives the settings of a transport; nil if there is none of that name.
func New(name string) Settings {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return kinds[i].make()
}

// Names lists the transports.
func Names() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// lines adds the events of a batch to b, a line each.
func lines(b []byte, batch []siem.Item) []byte {
	for _, i := range batch {
		b = append(append(b, i.Body...), '\n')
	}
	return b
}

// batchID names a batch by 64 hex digits: the same events have the same one (L2).
func batchID(batch []siem.Item) string {
	h := sha256.New()
	for _, i := range batch {
		h.Write([]byte(i.Event.ID))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Carries reports whether the transport of a name takes events in a format.
func Carries(name string, f siem.Format) bool {
	return f.JSON || !slices.ContainsFunc(kinds, func(k kind) bool { return k.name == name && k.json })
}
