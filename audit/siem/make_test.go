package siem_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"lethe/audit/siem"
	"lethe/audit/siem/siemtest"
	"lethe/stream"
)

func event(t *testing.T, m *siem.Maker, index int, entry []byte) *siem.Event {
	t.Helper()
	e, err := m.Make(t.Context(), siemtest.Leaf(int64(index), entry))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestL2AnEventIsTheSameWhereverTheMakerBegins(t *testing.T) {
	entries, whole := siemtest.Entries(), siemtest.Events(siemtest.View())
	ids := make(map[string]bool)
	for i, e := range entries {
		again := event(t, siemtest.Maker(siemtest.View(), entries), i, e.JSON)
		again.Log.Size = whole[i].Log.Size
		if *again != *whole[i] {
			t.Errorf("%s is another after a restart:\n%+v\n%+v", e.Name, again, whole[i])
		}
		if ids[again.ID] {
			t.Errorf("%s has the id of another", e.Name)
		}
		ids[again.ID] = true
	}
}

func TestEachKindOfEntryHasItsActionOutcomeAndSeverity(t *testing.T) {
	entries, events := siemtest.Entries(), siemtest.Events(siemtest.View())
	want := map[string]string{
		"enrol": "worker.enrol success medium", "stream": "stream.shape success low", "enrol again": "worker.return success informational", "stream seen": "stream.seen success informational", "policy": "policy.change success low",
		"stream open": "stream.open success informational", "stream close": "stream.close success medium",
		"announce": "policy.announce success informational", "chain start": "stage.start success informational", "chain owner": "stage.take success informational",
		"ingest": "ingest success low", "mask": "mask success low", "release": "release success low", "column unlisted": "stream.shape success medium", "sink": "sink success informational", "delete": "delete success informational",
		"snapshot void": "snapshot.void success low", "forged": "control.forged failure high", "policy weakened": "policy.weaken success high",
		"reveal intent": "reveal unknown medium", "reveal outcome": "reveal success informational",
		"mass reveal intent": "reveal unknown high", "mass reveal refused": "reveal failure medium",
		"erase intent": "erase unknown medium", "shred": "shred success low", "erase outcome": "erase success informational", "rotate intent": "rotate unknown medium", "revoke intent": "revoke unknown medium", "revoke": "worker.revoke success high", "revoke retired": "worker.revoke success medium", "enrol revoked": "worker.enrol failure high",
		"close": "log.close success medium", "begin": "log.begin success informational",
		"start intent": "start unknown low", "read intent": "read unknown low",
		"unknown action": "export unknown medium", "outcome without intent": "act failure medium", "unknown kind": "entry.other unknown informational",
		"another body": "entry.other unknown informational", "hostile names": "stage.start success informational", "refused": "entry.refused failure high",
	}
	for i, e := range events {
		got := strings.Join([]string{string(e.Action), string(e.Outcome), e.Severity.String()}, " ")
		if got != want[entries[i].Name] {
			t.Errorf("%s is %s, want %s", entries[i].Name, got, want[entries[i].Name])
		}
	}
}

func TestL5TwoDestinationsCannotJoinWhatStandsForAPerson(t *testing.T) {
	entries := siemtest.Entries()
	of := func(key string) []*siem.Event {
		return siemtest.Events(siem.View{Fields: siem.Fields(), Key: []byte(key)})
	}
	a, b := of("a"), of("b")
	seen := 0
	for i, e := range entries {
		for _, pair := range [][2]string{{a[i].Principal, b[i].Principal}, {a[i].Object, b[i].Object}, {a[i].Address, b[i].Address}, {a[i].Subjects, b[i].Subjects}} {
			if pair[0] == "" {
				continue
			}
			seen++
			if pair[0] == pair[1] || bytes.Contains(e.JSON, []byte(pair[0])) {
				t.Errorf("%s: a commitment can be joined", e.Name)
			}
		}
		if a[i].Principal != "" && (a[i].Principal == a[i].Object || a[i].Principal == a[i].Subjects) {
			t.Errorf("%s: two fields are the same", e.Name)
		}
	}
	if seen == 0 {
		t.Error("no entry has a commitment")
	}
}

func TestADestinationGetsWhatItsFieldsNameAndNoMore(t *testing.T) {
	for _, f := range siem.Fields() {
		for i, e := range siemtest.Events(siem.View{Fields: []siem.Field{f}, Key: []byte("k")}) {
			have := map[siem.Field]string{siem.FieldStage: e.Stage, siem.FieldConnection: e.Connection, siem.FieldSource: e.Source, siem.FieldStream: e.Stream,
				siem.FieldWorker: e.Worker, siem.FieldBuild: e.Build, siem.FieldPolicy: e.Policy, siem.FieldKeys: e.Keys, siem.FieldEntry: e.Entry + e.Of,
				siem.FieldRole: e.Role, siem.FieldAddress: e.Address,
				siem.FieldPrincipal: e.Principal, siem.FieldObject: e.Object, siem.FieldSubjects: e.Subjects}
			for _, c := range e.Counts {
				if c >= 0 {
					have[siem.FieldCounts] = "some"
				}
			}
			for field, s := range have {
				if field != f && s != "" {
					t.Errorf("event %d has %s, and only %s was asked for", i, field, f)
				}
			}
			if e.ID == "" || e.Action == "" || e.Log.Hash == "" || e.Time.IsZero() {
				t.Errorf("event %d lacks what every event has", i)
			}
		}
	}
}

func TestWhatStandsForAPersonNeedsAClearanceForIt(t *testing.T) {
	internal := siem.Allowed([]stream.Label{"internal"})
	if len(internal) != len(siem.Fields())-3 || siem.Cleared([]stream.Label{"internal"}, siem.FieldPrincipal) || siem.Cleared([]stream.Label{"internal"}, siem.FieldSubjects) {
		t.Errorf("internal allows %v", internal)
	}
	if all := siem.Allowed([]stream.Label{"internal", "pii-pseudo"}); len(all) != len(siem.Fields()) {
		t.Errorf("with pii-pseudo it allows %v", all)
	}
	if none := siem.Allowed([]stream.Label{"public"}); len(none) != 0 {
		t.Errorf("public allows %v", none)
	}
}

func FuzzL7NothingOfAnEntryIsTakenForAnythingElse(f *testing.F) {
	for _, e := range siemtest.Entries() {
		f.Add(e.JSON)
	}
	f.Fuzz(func(t *testing.T, entry []byte) {
		m := siemtest.Maker(siemtest.View(), []siemtest.Entry{{JSON: entry}})
		e := event(t, m, 0, entry)
		for _, s := range []string{e.Kind, string(e.Action), e.Stage, e.Connection, e.Source, e.Stream, e.Worker, e.Build, e.Policy, e.Keys, e.Entry, e.Of} {
			if len(s) > stream.MaxTopicName || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:") != "" &&
				strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"\\|=]<>", r) }) {
				t.Errorf("%q of %q", s, entry)
			}
		}
		if json.Valid(entry) == (e.Kind == siem.KindRefused) && e.Kind != siem.KindRefused {
			t.Errorf("kind %q of %q", e.Kind, entry)
		}
	})
}

func TestAPolicyThatShowsMoreOfAFieldIsAWeakerOneThoughItsPacksAreTheSame(t *testing.T) {
	policy := func(connection string, clear, parts int) siemtest.Entry {
		return siemtest.Entry{Name: connection, JSON: fmt.Appendf(nil, `{"body":{"connection":%q,"keys":"1","packs":["gdpr"],"revision":"r","shown":{"clear":"%d","part":"1","parts":"%d","pseudonymised":"2","removed":"3"},"time":"2026-01-31T15:04:05.678Z"},"id":"run/1","kind":"policy","prev":"","sig":"","v":1}`, connection, clear, parts)}
	}
	entries := []siemtest.Entry{policy("a", 1, 3), policy("b", 5, 3), policy("a", 1, 3), policy("a", 1, 9), policy("a", 2, 9), policy("a", 1, 3)}
	want := []siem.Action{siem.PolicyChange, siem.PolicyChange, siem.PolicyChange, siem.PolicyWeaken, siem.PolicyWeaken, siem.PolicyChange}
	whole := siemtest.Maker(siemtest.View(), entries)
	for i := range entries {
		e, err := whole.Make(t.Context(), siemtest.Leaf(int64(i), entries[i].JSON))
		if err != nil || e.Action != want[i] {
			t.Errorf("policy %d: %s, want %s, %v", i, e.Action, want[i], err)
		}
		again, err := siemtest.Maker(siemtest.View(), entries).Make(t.Context(), siemtest.Leaf(int64(i), entries[i].JSON))
		if err != nil || again.Action != want[i] {
			t.Errorf("policy %d after a restart: %s, want %s, %v", i, again.Action, want[i], err)
		}
	}
}

// policies is a log of policy entries.
func policies(bodies ...string) (out []siemtest.Entry) {
	for _, b := range bodies {
		out = append(out, siemtest.Entry{Name: "policy", JSON: fmt.Appendf(nil, `{"body":{%s,"keys":"1","packs":["gdpr"],"revision":"r","time":"2026-01-31T15:04:05.678Z"},"id":"run/1","kind":"policy","prev":"","sig":"","v":1}`, b)})
	}
	return out
}

// Who weakens a policy may try not to be compared: by an entry that says nothing, under
// another name, or with the same counts of other fields.
func TestAPolicyThatMayBeWeakerIsTold(t *testing.T) {
	shown := func(connection, clear, fields string) string {
		return fmt.Sprintf(`"connection":%q,"shown":{"clear":%q,"fields":%q,"part":"1","parts":"3","pseudonymised":"2","removed":"3"}`, connection, clear, strings.Repeat(fields, 64))
	}
	silent := `"connection":"a"`
	for name, c := range map[string]struct {
		entries  []siemtest.Entry
		action   siem.Action
		severity siem.Severity
	}{
		"the first of all":         {policies(shown("a", "1", "a")), siem.PolicyChange, siem.Low},
		"the same":                 {policies(shown("a", "1", "a"), shown("a", "1", "a")), siem.PolicyChange, siem.Low},
		"it shows more":            {policies(shown("a", "1", "a"), shown("a", "6", "b")), siem.PolicyWeaken, siem.High},
		"after one that is silent": {policies(shown("a", "1", "a"), silent, shown("a", "6", "b")), siem.PolicyWeaken, siem.High},
		"one that is silent":       {policies(shown("a", "1", "a"), silent), siem.PolicyChange, siem.Medium},
		"under another name":       {policies(shown("a", "1", "a"), shown("b", "6", "b")), siem.PolicyChange, siem.Medium},
		"other fields":             {policies(shown("a", "1", "a"), shown("a", "1", "b")), siem.PolicyChange, siem.Medium},
	} {
		m := siemtest.Maker(siemtest.View(), c.entries)
		var last *siem.Event
		for i, entry := range c.entries {
			var err error
			if last, err = m.Make(t.Context(), siemtest.Leaf(int64(i), entry.JSON)); err != nil {
				t.Fatal(err)
			}
		}
		if last.Action != c.action || last.Severity != c.severity {
			t.Errorf("%s: %s %s", name, last.Action, last.Severity)
		}
	}
}

// Two names are two in an event, however they are written there.
func TestNoTwoNamesAreOneInAnEvent(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a b", "a-20b", "a-2D20b", "a-b", "a--20b", "a-20-20b", "a -20b", "a-2020b"} {
		e := policies(`"connection":` + strconv.Quote(name))
		made, err := siemtest.Maker(siemtest.View(), e).Make(t.Context(), siemtest.Leaf(0, e[0].JSON))
		if err != nil {
			t.Fatal(err)
		}
		if other, there := seen[made.Connection]; there {
			t.Errorf("%q and %q are both %q", other, name, made.Connection)
		}
		seen[made.Connection] = name
	}
	if seen["a-b"] != "a-b" {
		t.Errorf("a plain name is not as it was: %v", seen)
	}
}
