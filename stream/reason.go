package stream

// Reasons of a [Rejection]. They are the codes in header lethe-reason, in detail
// records and in metrics, and never change.
const (
	// Of the whole record.
	ReasonCiphertext = "ciphertext"  // does not belong to its place, key, order or session, or is damaged
	ReasonNoContract = "no_contract" // nobody decided on its stream
	ReasonParked     = "parked"      // an earlier record of its key is in quarantine
	ReasonTooLarge   = "too_large"   // larger than topics take, as it came or masked
	ReasonOperation  = "operation"   // op is missing or unknown, or before and after do not fit it
	ReasonMalformed  = "malformed"   // not the JSON that an envelope or a key is; also of a field
	ReasonFault      = "fault"       // this build has a fault that shows on it

	// Of a field: what the contract asks of it.
	ReasonType      = "type"      // not of the column's type
	ReasonNull      = "null"      // null in a column that is not nullable
	ReasonRequired  = "required"  // missing, and not left out as unchanged
	ReasonDuplicate = "duplicate" // there twice
	// ReasonSchema is a JSON Schema keyword that refused the row; the keyword
	// follows after a dot, as in schema.pattern, where there is one.
	ReasonSchema = "schema"

	// Of a field: what its operator asks of it.
	ReasonOperator = "operator" // the operator cannot hide the value
	ReasonNormal   = "normal"   // the value of a key column is not in normal form
)
