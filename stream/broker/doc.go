// Package broker runs an embedded Kafka broker whose transactions survive a
// killed process, for one machine without servers.
//
// The broker is kfake, franz-go's broker for tests, on a data directory. It
// speaks the real protocol and keeps records on disk, but after a kill it
// loses, doubles and resurrects. This package closes that: hooks write down
// what kfake keeps in memory, before kfake acts on it; recovery brings the
// files in order, before kfake loads them. It holds Kafka's words (topic,
// partition, transaction, epoch, marker, group) and knows nothing of sources,
// masking or receipts. It depends on the files of exactly the kfake that
// go.mod pins: with another version run the kill test first.
//
// It upholds [L2 once] (nothing acknowledged is lost, nothing twice) and
// [L3 together] (a transaction's records and group offsets become visible in
// one step or never). Without Config.Sync that holds against a process killed
// at any moment, SIGKILL included; the system still has what was written.
// Against power failure it is built to hold with Config.Sync only, which flushes
// every batch, marker, offset and intent, on a filesystem whose flush of a file
// also keeps the names and renames before it (ext4, xfs). The tests kill
// processes; they do not cut power.
//
// # What kfake leaves open
//
// The code and the tests name these by number.
//
//  1. Resurrected aborts: its replay aborts an open transaction in memory only;
//     when the same id commits later, the next replay commits the old records.
//  2. Torn commits: EndTxn writes markers partition by partition, then offsets.
//  3. Deletion undone: the log start is in memory only.
//  4. Auto-created topics vanish; sequence windows are saved at a clean stop only.
//  5. Short index: .idx is written after .dat, and alone says what is in a
//     transaction.
//  6. Torn tails of groups.log and pids.log are passed over but not cut off, so
//     what is appended behind them is lost at the next start.
//  7. A snapshot.json that fits by size hides markers; session_state.json
//     brings open transactions back.
//  8. It listens before hooks can exist; in a fetch session a batch above the
//     client's limit waits for as long as other partitions have some.
//  9. Its compaction removes files before it writes them anew, and takes what
//     is in open transactions for committed; the same timer applies retention
//     of seven days to every topic, and group offsets expire after as long.
//  10. A write that fails is logged, and answered as if it had not.
//  11. A stop in the middle of a request saves its state before the request is
//     done.
//  12. An answer to a fetch that reaches the limit of the whole leaves out which
//     transactions of its last partition were aborted: their records pass for
//     committed.
//
// # Life of a commit
//
// A producer wrote to partitions, staged group offsets and sends EndTxn.
//
//  1. The batches are in the partitions' .dat files, each followed by an entry
//     in the .idx. A kill leaves batches without marker, the last one perhaps
//     torn, the .idx perhaps short. Recovery cuts the torn batch, rebuilds the
//     .idx from the headers and writes an ABORT marker.
//  2. TxnOffsetCommit: kfake stages the offsets in memory; our hook keeps them
//     beside the producer id and epoch. A kill loses them, and (1) aborts.
//  3. EndTxn: our hook overwrites the file "intent" with producer id, epoch,
//     outcome and offsets, under one checksum. A kill before it is whole
//     leaves none: (1) aborts. From here on the outcome is decided. kfake
//     handles one request at a time, so there is one intent at most.
//  4. kfake appends a marker to each partition, in any order. A kill leaves
//     some. Recovery writes those that are missing, as the intent says.
//  5. kfake appends each offset to groups.log. A kill leaves some, one torn.
//     Recovery writes all offsets of the intent; those there are overwritten
//     with the same.
//  6. kfake appends "endtx" and then the producer's next epoch to pids.log. From
//     here on the intent is stale: it counts only while the last entry of its
//     producer is an "init" with its epoch.
//  7. kfake answers. A client that was killed with the broker, or never got
//     the answer, reads the group's offsets to learn the outcome.
//  8. The next transactional request clears the intent, before kfake sees it.
//
// EndTxn below version 5 is refused: older ones do not give every transaction
// an epoch of its own, so that an intent could be taken for the next one's.
//
// # Recovery
//
// Start takes a lock on the directory (a second process is told who has it),
// and then, offline:
//
//  1. finishes or discards a compaction that was killed between its renames;
//  2. removes session_state.json and seq_windows.json, and finishes deletions
//     of topics that the ledger names;
//  3. per partition: cuts torn tails, rebuilds short indexes, writes missing
//     markers, compacts, removes segments below the log start in the ledger,
//     replaces snapshot.json, by which kfake loads without guessing;
//  4. replaces groups.log, with the intent's offsets in it;
//  5. replaces pids.log, with every transactional id one epoch further, which
//     makes the intent stale and fences clients of the life before;
//  6. writes seq_windows.json from the batch headers, so that an idempotent
//     producer of another process that sends a batch again is recognised.
//
// Killed anywhere, the next Start reads the same and does the same: markers
// and offsets are decided by intent and pids.log, which change last. A clean
// stop goes through the same recovery. Only then is kfake started, behind a
// gate: outside clients wait in the socket's backlog until the hooks stand and
// Config.Topics exist.
//
// A file that is damaged before its end is refused (broker.damaged): a killed
// process tears only what it wrote last. A write that fails while the broker
// runs cuts all connections before anything is answered, and closes Failed.
//
// # Deletion, and what is kept
//
// DeleteRecords and DeleteTopics are flushed into "ledger.json" before kfake
// sees them. DeleteRecords up to the end keeps the last record (most often a
// marker): a partition without any would begin again at offset 0. Disk comes
// back in whole segments, of 8 MiB unless segment.bytes says otherwise, so up
// to one segment of deleted records per partition stays on disk.
//
// Nothing is deleted by time or size: retention.ms and retention.bytes have no
// effect. Group offsets do not expire. Topics are created by request only.
// cleanup.policy=compact takes effect at Start, with Kafka's ratio (half of
// the records superseded), and while running by deleting what lies before the
// oldest record that is still the last of its key, so readers of such a topic
// begin at its log start.
//
// kfake holds an index in memory, 72 bytes per batch and per marker, and reads
// each file whole while it loads, up to one segment per partition at a time.
// An embedded broker should keep millions of batches, not billions: delete
// what all consumers have passed.
//
// # Non-obvious
//
//   - Consumers should refuse to reset (NoResetOffset): an offset that is lost
//     is then an error and never a silent gap.
//   - A client that gets an error for TxnOffsetCommit must abort, as Kafka
//     demands: its offsets are in the intent if it commits all the same.
//   - Fetch sessions are off (8); clients name all partitions each time.
//   - An idle transactional id is forgotten after 24 days, kfake's longest.
package broker
