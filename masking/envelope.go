package masking

// kinds is a set of kinds of scalars.
type kinds uint8

const (
	kindString kinds = 1 << iota
	kindNumber
	kindBool
	kindNull
	kindLogName // a string that is the name of a binary log, and of no other file
)

// envelope is the trie of a Debezium envelope. What it does not list is
// dropped: only rows have members that a contract could name.
func envelope() *node {
	number := kindNumber | kindNull
	text := kindString | kindNull
	root := &node{act: actInside, rest: restDrop, slot: -1, restSlot: -1, shape: -1}
	root.add("before", &node{act: actBefore, slot: -1})
	root.add("after", &node{act: actAfter, slot: -1})
	root.add("source", inside([]scalar{
		{"version", text}, {"connector", text}, {"name", text},
		{"ts_ms", number}, {"snapshot", text | kindBool}, {"db", text}, {"sequence", text},
		{"ts_us", number}, {"ts_ns", number}, {"schema", text}, {"table", text},
		{"txId", number}, {"lsn", number}, {"xmin", number},
		{"server_id", number}, {"gtid", text}, {"file", kindLogName | kindNull}, {"pos", number}, {"row", number},
		{"snapshot_id", text},
	}))
	root.add("transaction", inside([]scalar{
		{"id", text}, {"total_order", number}, {"data_collection_order", number},
	}))
	root.add("op", &node{act: actOp, slot: -1})
	for _, name := range []string{"ts_ms", "ts_us", "ts_ns"} {
		root.add(name, &node{act: actScalar, kinds: number, slot: -1})
	}
	return root
}

// scalar is a member of the envelope and what it may be.
type scalar struct {
	name  string
	kinds kinds
}

func inside(members []scalar) *node {
	n := &node{act: actInside, rest: restDrop, slot: -1, restSlot: -1, shape: -1}
	for _, m := range members {
		n.add(m.name, &node{act: actScalar, kinds: m.kinds, slot: -1})
	}
	return n
}

// isLogName reports whether a file's name is that of a binary log, such as
// mysql-bin.000003. The names of other files may say anything about anyone.
func isLogName(name []byte) bool {
	i := len(name)
	for i > 0 && name[i-1]-'0' <= 9 {
		i--
	}
	if len(name)-i < 6 || i < 2 || name[i-1] != '.' {
		return false
	}
	for _, c := range name[:i-1] {
		if c|0x20-'a' > 25 && c-'0' > 9 && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
