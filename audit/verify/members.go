package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// What is below takes canonical JSON apart, of a leaf that was checked to be that: a log
// has millions of entries, and a decoder that checks each once more, and folds names, takes
// ten times as long. Like [canonicalValue] each function consumes what b begins with, and
// gives the rest.

var (
	errObject = errors.New("not an object")
	errList   = errors.New("not a list")
	errText   = errors.New("not a string")
	errInt32  = errors.New("not a 32-bit integer")
)

// skipValue consumes any value.
func skipValue(b []byte) (rest []byte, err error) { return canonicalValue(b, 0) }

// null consumes null, which leaves everything as it is.
func null(b []byte) (rest []byte, ok bool) { return bytes.CutPrefix(b, []byte("null")) }

// eachMember has each consume the members of an object, in order.
func eachMember(b []byte, each func(name, b []byte) (rest []byte, err error)) (rest []byte, err error) {
	if rest, ok := null(b); ok {
		return rest, nil
	}
	if len(b) < 2 || b[0] != '{' {
		return b, errObject
	}
	if b[1] == '}' {
		return b[2:], nil
	}
	for {
		name, at, err := canonicalString(b[1:])
		if err != nil || len(at) < 2 {
			return b, errObject
		}
		if b, err = each(name, at[1:]); err != nil {
			return b, err
		}
		switch {
		case len(b) > 0 && b[0] == '}':
			return b[1:], nil
		case len(b) == 0 || b[0] != ',':
			return b, errObject
		}
	}
}

// eachElement has each consume the elements of a list, in order.
func eachElement(b []byte, each func(b []byte) (rest []byte, err error)) (rest []byte, err error) {
	if rest, ok := null(b); ok {
		return rest, nil
	}
	if len(b) < 2 || b[0] != '[' {
		return b, errList
	}
	if b[1] == ']' {
		return b[2:], nil
	}
	for {
		if b, err = each(b[1:]); err != nil {
			return b, err
		}
		switch {
		case len(b) > 0 && b[0] == ']':
			return b[1:], nil
		case len(b) == 0 || b[0] != ',':
			return b, errList
		}
	}
}

func text(to *string, b []byte) (rest []byte, err error) {
	if rest, ok := null(b); ok {
		return rest, nil
	}
	raw, rest, err := canonicalString(b)
	switch {
	case err != nil:
		return b, errText
	case bytes.IndexByte(raw, '\\') < 0:
		*to = string(raw)
		return rest, nil
	}
	return rest, json.Unmarshal(b[:len(b)-len(rest)], to)
}

func digestOf(to *digest, b []byte) (rest []byte, err error) {
	if rest, ok := null(b); ok {
		return rest, nil
	}
	raw, rest, err := canonicalString(b)
	if err != nil {
		return b, errText
	}
	return rest, to.UnmarshalText(raw)
}

func digestIfThere(to **digest, b []byte) (rest []byte, err error) {
	if rest, ok := null(b); ok {
		return rest, nil
	}
	*to = new(digest)
	return digestOf(*to, b)
}

func countOf(to *count, b []byte) (rest []byte, err error) {
	if rest, err = skipValue(b); err != nil {
		return b, err
	}
	return rest, to.UnmarshalJSON(b[:len(b)-len(rest)])
}

func countIfThere(to **count, b []byte) (rest []byte, err error) {
	if rest, ok := null(b); ok {
		return rest, nil
	}
	*to = new(count)
	return countOf(*to, b)
}

func number(to *int32, b []byte) (rest []byte, err error) {
	if rest, ok := null(b); ok {
		return rest, nil
	}
	if rest, err = skipValue(b); err != nil {
		return b, err
	}
	n, err := strconv.ParseInt(string(b[:len(b)-len(rest)]), 10, 32)
	if err != nil {
		return b, errInt32
	}
	*to = int32(n)
	return rest, nil
}
