package verify

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// Rows reads the leaves of a Parquet file's rows (lethe-row-v1), as its receipt's row
// root is over them, and what the leaf of one row is the hash of, behind the byte 0.
// Rows count from 0.
func Rows(ctx context.Context, path string, partition int32, from, to, row int64) (leaves []tlog.Hash, preimage []byte, err error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	o, err := openObject(f, info.Size(), &budget{limit: maxHeld, rows: -1})
	if err != nil {
		return nil, nil, err
	}
	err = o.rows(ctx, partition, from, to, func(leaf tlog.Hash, of []byte) {
		if int64(len(leaves)) == row {
			preimage = bytes.Clone(of[1:])
		}
		leaves = append(leaves, leaf)
	})
	if err == nil && preimage == nil {
		err = fmt.Errorf("it has %d rows: %w", len(leaves), os.ErrNotExist)
	}
	return leaves, preimage, err
}
