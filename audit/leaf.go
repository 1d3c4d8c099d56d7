package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// maxLeaf is the largest leaf: a bundle holds its length in 16 bits.
const maxLeaf = 1<<16 - 1

const (
	leafHead   = `{"entry":`
	leafOffset = `,"offset":"`
	leafTail   = `"}`
)

var errLeaf = errors.New("not a leaf of an audit log")

// leaf is an entry as the log holds it: {"entry":<bytes>,"offset":"<offset>"}.
//
// What is not JSON, or too large, cannot stand in a leaf; it must not stop the
// log either. Its hash and size stand for it, and verification names it.
func leaf(offset int64, entry []byte) []byte {
	off := strconv.FormatInt(offset, 10)
	if len(entry) > maxLeaf-128 || !json.Valid(entry) {
		entry = []byte(`{"refused":{"sha256":"` + hashHex(entry) + `","size":"` + strconv.Itoa(len(entry)) + `"}}`)
	}
	b := make([]byte, 0, len(leafHead)+len(entry)+len(leafOffset)+len(off)+len(leafTail))
	b = append(b, leafHead...)
	b = append(b, entry...)
	b = append(b, leafOffset...)
	b = append(b, off...)
	return append(b, leafTail...)
}

// parseLeaf takes a leaf apart.
func parseLeaf(leaf []byte) (entry []byte, offset int64, err error) {
	rest, ok := bytes.CutSuffix(leaf, []byte(leafTail))
	at := bytes.LastIndex(rest, []byte(leafOffset))
	if !ok || at < 0 || !bytes.HasPrefix(leaf, []byte(leafHead)) {
		return nil, 0, errLeaf
	}
	offset, err = strconv.ParseInt(string(rest[at+len(leafOffset):]), 10, 64)
	if err != nil || offset < 0 {
		return nil, 0, errLeaf
	}
	return rest[len(leafHead):at:at], offset, nil
}
