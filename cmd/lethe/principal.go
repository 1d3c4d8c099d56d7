package main

import (
	"os"
	"os/user"
	"strconv"

	"lethe/stream"
)

// osUser is the name of the user who runs this process, by its user id: no variable
// of the environment can change it.
func osUser() (string, error) {
	uid := os.Getuid()
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil || u.Username == "" {
		return "", &stream.Fault{Code: "cli.user", Msg: "this machine has no name for user id " + strconv.Itoa(uid),
			Hint: "do it as a user who has one: the audit log says who did what", Exit: stream.ExitEnvironment}
	}
	return u.Username, nil
}
