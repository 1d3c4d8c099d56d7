package main

import (
	"os/user"
	"testing"
)

func TestThePrincipalIsWhoAskedSudo(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skip("this machine does not say who runs the test: ", err)
	}
	asked := func(uid string) func(string) (string, bool) {
		return func(name string) (string, bool) { return uid, name == "SUDO_UID" && uid != "" }
	}
	for uid, want := range map[string]string{"": me.Username, me.Uid: me.Username, "987654321": ""} {
		if got, err := osUser(asked(uid)); got != want || (err == nil) != (want != "") {
			t.Errorf("SUDO_UID %q: %q %v", uid, got, err)
		}
	}
	if root, err := user.LookupId("0"); err == nil {
		if got, err := osUser(asked("0")); err != nil || got != root.Username {
			t.Errorf("root: %q %v", got, err)
		}
	}
}
