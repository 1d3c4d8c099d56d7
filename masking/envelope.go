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
	root := inside(nil)
	root.add("before", around(actBefore, 0))
	root.add("after", around(actAfter, 0))
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
	root.add("op", around(actOp, 0))
	for _, name := range []string{"ts_ms", "ts_us", "ts_ns"} {
		root.add(name, around(actScalar, number))
	}
	return root
}

// scalar is a member of the envelope and what it may be.
type scalar struct {
	name  string
	kinds kinds
}

// around is a node of what is around rows: what it does not list is dropped.
func around(act action, k kinds) *node {
	n := newNode("")
	n.act, n.rest, n.kinds = act, restDrop, k
	return n
}

func inside(members []scalar) *node {
	n := around(actInside, 0)
	for _, m := range members {
		n.add(m.name, around(actScalar, m.kinds))
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
