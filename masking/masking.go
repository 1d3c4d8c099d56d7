// Package masking finds sensitive values and replaces them, and fails rather
// than let one through.
//
// Its words are Presidio's and ISO/IEC 20889's: operator, detector, finding. It
// does not know who may see what, which table a field belongs to, or what time
// it is, and it logs nothing.
//
// Promises it upholds:
//
//	L1 closed       what no field of the plan names is redacted, its name too;
//	                what cannot be parsed or masked is a rejection
//	L6 same again   the same bytes, plan and keys give the same masked bytes on
//	                any machine
//	L7 unprintable  errors name codes and paths, never a value
package masking
