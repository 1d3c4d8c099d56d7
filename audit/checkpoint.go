package audit

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ReadCheckpoint reads the body of a checkpoint (C2SP tlog-checkpoint): the log's origin,
// and its size and root. It checks no signature.
func ReadCheckpoint(text []byte) (origin string, at tlog.Tree, err error) {
	lines := strings.SplitN(string(text), "\n", 4)
	if len(lines) < 4 {
		return "", at, errors.New("the checkpoint has fewer than three lines")
	}
	if at.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil || at.N < 0 || strconv.FormatInt(at.N, 10) != lines[1] {
		return "", at, errors.New("the checkpoint has no size")
	}
	if at.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		return "", at, errors.New("the checkpoint has no root")
	}
	return lines[0], at, nil
}
