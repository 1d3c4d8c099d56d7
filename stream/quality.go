package stream

// Quality tells what a stream's rows were like, as the source gave them. Counts
// of two transactions add up.
type Quality struct {
	// Library counts the rows, refused ones too, of which the JSON Schema library
	// had to decide a value: its schema says what is not compiled into the pass.
	Library Int64 `json:"library,omitzero"`
}

// Add adds what o counted.
func (q *Quality) Add(o *Quality) {
	q.Library += o.Library
}
