package broker

import (
	"errors"

	"lethe/stream"
)

// errDamaged is the cause of a refusal to start: a file holds something that
// no killed process leaves behind.
var errDamaged = errors.New("damaged")

// damaged says which file, and what a person can do.
func damaged(path string, err error) error {
	if !errors.Is(err, errDamaged) {
		return err
	}
	return &stream.Fault{
		Code: "broker.damaged", Path: path,
		Msg: "the embedded broker's file is damaged before its end, which a killed process cannot cause",
		Hint: "the disk failed, the file was edited, or power was lost without sync writes: restore the directory\n" +
			"from a backup, or move it away and read the sources again",
		Exit: stream.ExitEnvironment,
	}
}
