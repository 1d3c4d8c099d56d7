package main

import (
	"os"
	"os/user"
	"strconv"

	"lethe/stream"
)

// osUser is the name of the user who runs this process: by its user id, or the one
// that sudo says asked for it. Sudo sets that variable whatever it was before. Who
// sets it without sudo runs as the account that can read the keys, or is stopped
// where they are read: that account needs no door (docs/reveal.md).
func osUser(env func(string) (string, bool)) (string, error) {
	uid := strconv.Itoa(os.Getuid())
	if asked, ok := env("SUDO_UID"); ok {
		uid = asked
	}
	u, err := user.LookupId(uid)
	if err != nil || u.Username == "" {
		return "", &stream.Fault{Code: "cli.user", Msg: "this machine has no name for user id " + uid,
			Hint: "do it as a user who has one: the audit log says who did what", Exit: stream.ExitEnvironment}
	}
	return u.Username, nil
}
