package stream

// Quality tells what a stream's rows were like as the source gave them: those in
// after of the records that were delivered, before masking hid them. Counts of two
// transactions add up. What was refused, and by which keyword, is in
// MaskCount.Quarantined.
//
// L7: it holds paths and counts. Of fields of class special nothing is counted,
// since in a small transaction even whether a value is there would be told.
type Quality struct {
	Rows Int64 `json:"rows,omitzero"`
	// Nulls and Empties count, by path, values that are null, and texts, arrays and
	// objects with nothing in them.
	Nulls   map[string]Int64 `json:"nulls,omitempty"`
	Empties map[string]Int64 `json:"empties,omitempty"`
	Keys    KeyCount         `json:"keys,omitzero"`
	// Newest is when the source committed the newest change, in ms; 0 if unknown.
	Newest Int64 `json:"newest,omitzero"`
	// Library counts the rows, refused ones too, of which the JSON Schema library
	// had to decide a value: its schema says what is not compiled into the pass.
	Library Int64 `json:"library,omitzero"`
}

// KeyCount tells how often keys came again.
//
// Repeats and Rereads are estimates without bias: a worker watches the keys whose
// hash ends in so many zero bits that at most 1,024 are watched for a stream and
// partition, all of them until there are more, and counts each that comes again
// as many times as one in so many is watched. If a share s of the keys comes again
// and 512 to 1,024 are watched, the estimated share has a standard error of at
// most √(s/512); none that repeat are estimated as none. Repeats from before the
// worker got the partition are not seen.
type KeyCount struct {
	Inserts Int64 `json:"inserts,omitzero"` // records with op c
	Repeats Int64 `json:"repeats,omitzero"` // of these: of a key inserted before and not deleted since
	Reads   Int64 `json:"reads,omitzero"`   // records with op r: snapshots and polls
	Rereads Int64 `json:"rereads,omitzero"` // of these: of a key read before and not deleted since; where rows are polled, their changes
}

// Add adds what o counted.
func (q *Quality) Add(o *Quality) {
	q.Rows += o.Rows
	q.Nulls, q.Empties = added(q.Nulls, o.Nulls), added(q.Empties, o.Empties)
	q.Keys.Inserts += o.Keys.Inserts
	q.Keys.Repeats += o.Keys.Repeats
	q.Keys.Reads += o.Keys.Reads
	q.Keys.Rereads += o.Keys.Rereads
	q.Newest = max(q.Newest, o.Newest)
	q.Library += o.Library
}

func added(to, from map[string]Int64) map[string]Int64 {
	for path, n := range from {
		if to == nil {
			to = make(map[string]Int64)
		}
		to[path] += n
	}
	return to
}
