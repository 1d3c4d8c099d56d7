// Package subject derives the keys of data subjects and forgets them one at a
// time.
//
// A subject is known here by a keyed digest. A key is not stored: it derives from
// a tree of secrets, one tree for each retention period (Goldreich, Goldwasser,
// Micali; see halves), and from the subject's generation. To erase a subject is to
// puncture the trees: the secrets on the way to the subject's leaf go, and those
// beside the way stay, so that all others still derive. What is left is the
// [Store]'s cover. It grows with the erased, by about 16 · (64 − log₂ n) bytes for
// each of n, and not with the living.
//
// # What is stored
//
// A cover is a sequence of versions, of which one is there at a time:
//
//	root-<version>   the root key, random, under a key of the keyring's that is
//	                 made for it and destroyed with it; in a directory of its own
//	head-<version>   under the root key: the number of the last shred, and for each
//	                 tree its salt, and its root secret or the key of its first page
//	pages-<number>   pages of 16 slots or up to 32 punctured leaves, each under a random
//	                 key that lies in the page above
//
// A puncture writes the pages above its leaves anew, under new keys, and a head
// under a new root key; then the old root key is destroyed. Pages that were above
// the leaf may stay where they were copied to: the way to their keys begins with
// the key that is gone.
//
// # What to keep
//
// A cover and a root key of two versions open nothing, and whoever restores both of
// one version brings back whom later ones erased: so never put both into one backup.
// Without the version in force nothing that is encrypted per subject can be read,
// and a backup from before the last erasure is not that version. So the cover's
// files, which are written once, are to be mirrored as they are written, and the
// root keys and the keyring to lie on storage that outlives a disk. Should all three
// be restored as they were at one time, shreds holds what is to be punctured again.
//
// # Life of an erasure
//
//  1. restricted: the caller appends to the topic shreds, with acknowledgement of all
//     replicas and before anything else, one record for each subject: its number,
//     counted from 1 without gaps, and the digest, sealed (AES-SIV under the
//     keyring's secret "shreds" will do). From then on a cover that does not know the
//     number gets no lease.
//  2. punctured, old key destroyed: [Store.Puncture] with all digests up to that
//     number, at most a minute later; then [Store.Lease]. A crash before the new root
//     key is stored leaves the old version, one after it the new one, and [Open]
//     completes it. After an error, and after every start, the caller punctures what
//     shreds holds after [Store.Last]; who is erased already stays so.
//  3. workers fenced: a minute after Puncture returned ([Stages.Fence]) every lease on
//     an older version has run out. A transaction is to be committed only while the
//     lease lasts under which its values were masked.
//  4. rows deleted or files rewritten, backups expired: the caller's.
//
// An erased subject has no key in any period, also in those that begin later, until
// [Store.Return] starts the next generation. Aliases are not known here: who links
// them resolves them to one digest before asking for a key, and gives all of them
// to Puncture.
//
// Promises it upholds:
//
//	L5 forgettable  nothing that is left derives an erased subject's key; a cover
//	                that was restored, is older or behind the shreds log is refused;
//	                without a lease there are no keys; a subject who by a chance of
//	                5.4 · 10⁻⁶ shares an erased one's leaf is taken for erased
//	L6 same again   the same digest, generation and tree give the same key, the
//	                same value the same token, on any machine
//	L7 unprintable  a Store cannot be printed; errors name files and numbers
package subject
