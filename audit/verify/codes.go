package verify

// Promise is a promise of the README's that a finding breaks.
type Promise string

// The promises that a check of log and lake can refute.
const (
	L2 Promise = "L2" // once
	L4 Promise = "L4" // provable
)

// Code names what is wrong, or noted. It never changes once released.
type Code string

// Findings under L4: the log is not what was written.
const (
	CodeCheckpointMissing   Code = "checkpoint_missing"
	CodeCheckpointSignature Code = "checkpoint_signature"
	CodeCheckpointOrigin    Code = "checkpoint_origin" // the key is for a log of another name
	CodeTreeRoot            Code = "tree_root"         // the entries do not give the checkpoint's root
	CodeTile                Code = "tile"              // a tile is missing or not the tree's
	CodeBundle              Code = "bundle"            // a file of entries cannot be read
	CodeEntryChanged        Code = "entry_changed"     // an entry is not the one that the tiles hold
	CodeWitnesses           Code = "witnesses"         // the quorum of the witness policy has not cosigned the checkpoint
	CodeRemembered          Code = "remembered"        // the remembered checkpoint is none of this log
	CodeRolledBack          Code = "rolled_back"       // the log is shorter than the remembered checkpoint
	CodeForked              Code = "forked"            // and this one has another history
	CodeEntryCanonical      Code = "entry_canonical"
	CodeEntryMalformed      Code = "entry_malformed"
	CodeEntryRefused        Code = "entry_refused" // only its hash is in the log
	CodeEnrolSignature      Code = "enrol_signature"
	CodeEnrolRevoked        Code = "enrol_revoked" // a key that was revoked is enrolled
	CodeRevokeSignature     Code = "revoke_signature"
	CodeRunBroken           Code = "run_broken" // an entry of a run is missing or changed
	CodeRunReplayed         Code = "run_replayed"
	CodeRunWorker           Code = "run_worker" // a run of two workers
	CodeSignature           Code = "signature"
	CodeBuild               Code = "build"          // a receipt of a build that is not in the list
	CodeWorkerLate          Code = "worker_late"    // enrolled after its entries
	CodeWorkerRevoked       Code = "worker_revoked" // entries that stand after their worker's revocation
	CodeWorkerUnknown       Code = "worker_unknown"
	CodeShardMissing        Code = "shard_missing"     // a shard that another names
	CodeShardUnannounced    Code = "shard_unannounced" // a shard, or a key, that none names
	CodeShardBegin          Code = "shard_begin"       // it does not begin with the checkpoint of the one before
	CodeShardClosed         Code = "shard_closed"      // entries after the one that ends it
	CodeCloseSignature      Code = "close_signature"   // somebody without the shard's key would end it
	CodeChainStart          Code = "chain_start"
	CodeChainOwner          Code = "chain_owner"
	CodeChainEvent          Code = "chain_event"
	CodeChainGap            Code = "chain_gap"
	CodeChainBroken         Code = "chain_broken"
	CodeChainReplayed       Code = "chain_replayed"
	CodeAnnounce            Code = "announce"           // a policy revision announced by another than the source's ingest, or not behind the last
	CodeAction              Code = "action"             // an outcome or an erasure without the intent that it is of
	CodePolicyUnannounced   Code = "policy_unannounced" // records masked under another revision than was announced before them
	CodeStreamEvent         Code = "stream_event"       // a stream opened or closed by another than its source's ingest, or closed and not open
	CodeKeysUnannounced     Code = "keys_unannounced"   // records masked with keys of another epoch than was announced with their revision
)

// Findings under L4: the lake is not what was written.
const (
	CodeLake             Code = "lake"           // a directory cannot be read
	CodeLakeEntry        Code = "lake_entry"     // something that no sink makes
	CodeObjectReceipt    Code = "object_receipt" // a receipt names an object and not what is in it
	CodeObjectUnreadable Code = "object_unreadable"
	CodeObjectSHA256     Code = "object_sha256"
	CodeObjectMeta       Code = "object_meta"    // the footer tells of another range
	CodeObjectRows       Code = "object_rows"    // rows that cannot be read
	CodeObjectRoot       Code = "object_root"    // rows that are others
	CodeObjectPadding    Code = "object_padding" // changed bytes that belong to no row
	CodeManifest         Code = "manifest"
	CodeManifestAhead    Code = "manifest_ahead" // no receipt vouches for it; a note while lethe runs
)

// Findings under L2: something is lost, doubled or not accounted for.
const (
	CodeOffsetOrder     Code = "offset_order" // an entry is in the log out of the audit topic's order
	CodeCountPart       Code = "count_part"   // a count below zero
	CodeCountOut        Code = "count_out"    // an output that cannot be
	CodeCountRange      Code = "count_range"
	CodeCountIngest     Code = "count_ingest" // a source's records and what was written of them
	CodeCountMask       Code = "count_mask"   // a part's identity
	CodeCountStage      Code = "count_stage"  // the same of another stage
	CodeCountRaw        Code = "count_raw"    // read from a raw topic and written there
	CodeCountMasked     Code = "count_masked" // read from a masked topic and written there
	CodeCountSink       Code = "count_sink"   // read by a sink and rows in its object
	CodeCountObject     Code = "count_object" // rows in no object
	CodeCountStream     Code = "count_stream" // a stream's identity, or its sum over the hops
	CodeCountSkip       Code = "count_skip"
	CodeCountStart      Code = "count_start"
	CodeCountDeleted    Code = "count_deleted"
	CodeLakeMissing     Code = "lake_missing" // and with it files; a note where none is missing
	CodeObjectMissing   Code = "object_missing"
	CodeObjectTwice     Code = "object_twice"
	CodeObjectCopies    Code = "object_copies"
	CodeObjectCount     Code = "object_count"
	CodeManifestMissing Code = "manifest_missing"
	CodeManifestPending Code = "manifest_pending" // the same of a last transaction; a note while lethe runs
	CodeManifestOverlap Code = "manifest_overlap" // it lists rows that others list, or leaves some out
	CodeStreamClosed    Code = "stream_closed"    // records of a stream that no entry opened, or that was closed
	CodeCoverage        Code = "coverage"         // of a range, records that nothing accounts for, or that are there twice
)

// Notes: worth knowing and no fault.
const (
	CodeChainSkip     Code = "chain_skip"
	CodeStartedLate   Code = "started_late"
	CodeDeletedUnread Code = "deleted_unread"
	CodeSnapshotVoid  Code = "snapshot_void"
	CodeOrphan        Code = "orphan"
	CodeTemporary     Code = "temporary"
	CodeForged        Code = "forged"         // control records that workers refused
	CodeIntentOpen    Code = "intent_open"    // nobody says what became of an action
	CodeRevoked       Code = "revoked"        // the log's key revoked a worker's
	CodeRevokeUnknown Code = "revoke_unknown" // and one that was not enrolled
)

// promise is the one that a finding of the code breaks.
func (c Code) promise() Promise {
	switch c {
	case CodeOffsetOrder, CodeCountPart, CodeCountOut, CodeCountRange, CodeCountIngest, CodeCountMask, CodeCountStage, CodeCountRaw,
		CodeCountMasked, CodeCountSink, CodeCountObject, CodeCountStream, CodeCountSkip, CodeCountStart, CodeCountDeleted,
		CodeLakeMissing, CodeObjectMissing, CodeObjectTwice, CodeObjectCopies, CodeObjectCount, CodeManifestMissing, CodeManifestPending, CodeManifestOverlap, CodeCoverage,
		CodeStreamClosed:
		return L2
	}
	return L4
}

// kind is what a finding of the code is to who asks whether everything is there; "" for
// one that says nothing of that. Of some codes it is the finding that knows.
func (c Code) kind() Kind {
	switch c {
	case CodeRunBroken, CodeRolledBack, CodeBundle, CodeChainGap, CodeChainBroken, CodeChainStart, CodeChainOwner, CodeCountIngest, CodeCountMask, CodeCountStage, CodeCountSink,
		CodeCountObject, CodeCountSkip, CodeCountStart, CodeCountDeleted, CodeLakeMissing, CodeObjectMissing, CodeManifestMissing, CodeManifestPending:
		return Gap
	case CodeRunReplayed, CodeChainReplayed, CodeObjectTwice, CodeObjectCopies, CodeManifestOverlap:
		return Overlap
	case CodeManifestAhead, CodeOrphan, CodeStreamClosed:
		return Orphan
	}
	return ""
}

// stageCode is that of a part whose counts do not add up.
func stageCode(stage string) Code {
	if stage == stageMask {
		return CodeCountMask
	}
	return CodeCountStage
}

// readCode is that of a part which read other records than were written to a
// topic of that kind.
func readCode(kind string) Code {
	if kind == kindMasked {
		return CodeCountMasked
	}
	return CodeCountRaw
}
