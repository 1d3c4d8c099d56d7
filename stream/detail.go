package stream

// The bodies of detail records: what one transaction did, by stream. A record in
// the details topic is one of them in canonical JSON; its key is the SHA-256 in
// hex by which a receipt names it. They hold paths as contracts have them and
// codes, never a value or an unknown name (L7).

// IngestDetail counts the records of an ingest transaction by stream.
type IngestDetail struct {
	Streams map[string]Int64 `json:"streams"`
}

// MaskDetail counts what became of the records of a mask transaction.
type MaskDetail struct {
	Streams map[string]*MaskCount `json:"streams"`
}

// MaskCount is a stream's line: In = Delivered + Filtered + the sum of
// Quarantined. Shredded records name no stream and are in no line; records whose
// ciphertext is damaged are quarantined under the name "", where In is 0.
type MaskCount struct {
	In          Int64                       `json:"in"`
	Delivered   Int64                       `json:"delivered"`
	Filtered    Int64                       `json:"filtered"`
	Quarantined map[string]map[string]Int64 `json:"quarantined,omitempty"` // reason, path; "" for the whole record
	Fields      map[string]map[string]Int64 `json:"fields,omitempty"`      // path, operator: over the delivered
}

// SinkDetail counts the rows of a sink transaction by stream.
type SinkDetail struct {
	Streams map[string]SinkCount `json:"streams"`
}

// SinkCount is a stream's line.
type SinkCount struct {
	Rows      Int64 `json:"rows"`      // all of them
	Deletes   Int64 `json:"deletes"`   // of these: rows that stand for a delete
	Truncates Int64 `json:"truncates"` // of these: rows that stand for a truncate, one a partition
}
