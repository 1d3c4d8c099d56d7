// Package audit writes down what was done in a log that anyone can check.
//
// Its words are C2SP's (entry, checkpoint, tile, witness), Tessera's (sequenced,
// integrated, published) and Raft's (term). It knows receipts only as bodies of
// entries: no policy, no clear value of any record (L7), no HTTP.
//
// A [Ledger] makes the entries that workers put on the audit topic, inside the
// transactions they describe. A [Follower] moves the topic, each entry once (L2)
// and with its offset, into a Merkle log with signed checkpoints (L4).
// A log goes on under another key in another [Shard]: the last entry of one names the
// key of the next, the first of the next the checkpoint of the one before.
// Package audit/verify checks the log with nothing but the public key and shares
// no code with this package.
//
// The README tells the life of an entry: what is written when, and what a crash
// leaves.
package audit
