package main

import (
	"os"
	"os/user"
	"strconv"
	"strings"

	"lethe/cmd/internal/wire"
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

// operator is who acts on a folder and its keys.
func operator(env func(string) (string, bool)) (wire.Actor, error) {
	user, err := osUser(env)
	return wire.Actor{Principal: user, Role: stream.RoleOperator, Address: address(env)}, err
}

// service is who runs a folder: an account without a name, as containers have, is its
// user id.
func service(env func(string) (string, bool)) wire.Actor {
	by, err := operator(env)
	if err != nil {
		by.Principal = "uid " + strconv.Itoa(os.Getuid())
	}
	return by
}

// address is this machine, and the one that somebody came from by SSH. As of a user's
// name, what the environment says of it is as good as the account that acts.
func address(env func(string) (string, bool)) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	if ssh, ok := env("SSH_CONNECTION"); ok {
		from, _, _ := strings.Cut(ssh, " ")
		return host + " from " + from
	}
	return host
}
