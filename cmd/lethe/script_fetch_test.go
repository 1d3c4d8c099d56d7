package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// listens is the line in which lethe run says where it answers.
var listens = regexp.MustCompile(`"msg":"metrics","address":"([^"]+)"`)

// fetch waits until lethe run, whose log a file holds, answers a path with a
// status and with a line for each pattern of a file:
// fetch LOG STATUS PATH [PATTERNS].
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: fetch LOG STATUS PATH [PATTERNS]")
	}
	var want []string
	if len(args) == 4 {
		want = strings.Split(strings.TrimSpace(ts.ReadFile(args[3])), "\n")
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		status, body := get(ts.MkAbs(args[0]), args[2])
		var lacks []string
		for _, w := range want {
			if !regexp.MustCompile("(?m)" + w).MatchString(body) {
				lacks = append(lacks, w)
			}
		}
		if status == args[1] && len(lacks) == 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s answers %s without %q:\n%s", args[2], status, lacks, body)
		}
	}
}

// metric is the name of one in an expression of an alert rule.
var metric = regexp.MustCompile(`lethe_[a-z_]+`)

// alerted waits until lethe run, whose log a file holds, tells every metric that a file
// of alert rules asks for: alerted LOG RULES.
func alerted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: alerted LOG RULES")
	}
	var rules struct {
		Groups []struct{ Rules []struct{ Expr string } }
	}
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[1])), &rules))
	var want []string
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			want = append(want, metric.FindAllString(r.Expr, -1)...)
		}
	}
	if len(want) == 0 {
		ts.Fatalf("%s asks for nothing", args[1])
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, body := get(ts.MkAbs(args[0]), "/metrics")
		lacks := slices.DeleteFunc(slices.Clone(want), func(name string) bool {
			return strings.Contains(body, "\n"+name+" ") || strings.Contains(body, "\n"+name+"{")
		})
		if len(lacks) == 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("nothing tells %q:\n%s", lacks, body)
		}
	}
}

// get asks the process that a log is of; its status is empty while none answers.
func get(log, path string) (status, body string) {
	text, err := os.ReadFile(log)
	if err != nil {
		return "", err.Error()
	}
	at := listens.FindSubmatch(text)
	if at == nil {
		return "", string(text)
	}
	resp, err := http.Get("http://" + string(at[1]) + path)
	if err != nil {
		return "", err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err.Error()
	}
	return fmt.Sprint(resp.StatusCode), string(b)
}

// nocore says that what the script runs in the background leaves no core dump.
func nocore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: nocore")
	}
	none := regexp.MustCompile(`(?m)^Max core file size +0 +0 `)
	for _, c := range ts.BackgroundCmds() {
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", c.Process.Pid))
		ts.Check(err)
		if !none.Match(limits) {
			ts.Fatalf("a core dump is allowed:\n%s", limits)
		}
	}
}
