// Command lethe turns a folder of files into running rooms: it discovers
// sources, checks policies, moves records and verifies what was done.
//
// Each verb is one file with one usage text. Exit codes: 0 ok, 1 a fault of ours
// or a finding, 2 what the user wrote, 3 the machine or its servers.
//
// Promises:
//
//	L1 closed       what nobody decided on is not read; a person is told instead
//	L2 once         a lake that was taken away is missed, not passed over
//	L7 unprintable  no core dump, and errors for people are Faults, which hold no
//	                value
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"lethe/audit"
)

// verbs lists what lethe can do, in the order of use.
func verbs() []verb {
	return []verb{
		{"init", "make a folder: configuration, policy, keys", initFolder},
		{"discover", "write the contracts of what the sources hold", discover},
		{"check", "check every file and prove where each field may go", check},
		{"run", "stream, mask and load until stopped", run},
		{"verify", "check the audit log and the lake offline", verifyLog},
		{"witness", "cosign the checkpoints of other people's logs", witnessLogs},
		{"prove", "make a proof of one record that anyone can check", proveRecord},
		{"audit", "mask a sample of records again and compare", auditVerb},
		{"keys", "list the keys, or begin a new epoch of them", keys},
		{"detect", "find personal data in texts, or say what a column is about", detectText},
		{"mask", "mask lines from standard input under a policy", maskLines},
		{"reveal", "open masked values for who may, and write that down first", reveal},
		{"erase", "make a person's encrypted and tokenised values unreadable for good", erase},
		{"report", "make a document for an auditor, an officer or an authority", makeReport},
		{"siem", "print rules and dashboards for a SIEM", siemContent},
		{"alerts", "print alert rules for Prometheus", showAlerts},
		{"demo", "see all of it on an invented shop", demonstrate},
		{"version", "say which build this is", version},
	}
}

func main() {
	noCoreDump() // L7
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // the next signal ends what does not end by itself
	}()
	io := console{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv}
	if log, err := actionLog(io, ""); err == nil {
		audit.RouteDriverLog(log)
	}
	code := dispatch(ctx, io, os.Args[1:])
	stop()
	os.Exit(code)
}
