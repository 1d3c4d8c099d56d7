package stream

// The bodies of detail records: what one transaction did, by stream. A record in
// the details topic is one of them in canonical JSON; its key is the SHA-256 in
// hex by which a receipt names it. They hold paths as contracts have them and
// codes, never a value or an unknown name (L7).

// MaskDetail tells why records of a mask transaction were quarantined, and what
// was done to the fields of the others. How many there were is in its receipts.
type MaskDetail struct {
	Streams map[string]*MaskCount `json:"streams"`
}

// MaskCount is a stream's line.
type MaskCount struct {
	Quarantined map[string]map[string]Int64 `json:"quarantined,omitempty"` // reason, path; "" for the whole record
	Fields      map[string]map[string]Int64 `json:"fields,omitempty"`      // path, operator: over the delivered
	Quality     Quality                     `json:"quality,omitzero"`
}

// unlisted is the path under which values are counted that no contract lists.
const unlisted = "_unknown"

// Unlisted is how many values were redacted because no contract lists the members
// that they stand in.
func (c MaskCount) Unlisted() Int64 { return c.Fields[unlisted]["redact"] }

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
