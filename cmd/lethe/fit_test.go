package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"lethe/cmd/internal/screen"
	"lethe/stream"
)

func TestEveryLineFitsTheTerminal(t *testing.T) {
	var b bytes.Buffer
	f := &fitted{to: &b, columns: 80}
	io := console{out: f, err: f, json: new(bool)}
	table(io, "field\telement\tclass\toperator\tresult", 2, func(i int) string {
		return plainf("%s\t%s\t%s\t%s\t%s", "crm.public.customer_of_the_northern_region/delivery_address_of_last_order"[:60+i], "address.street", "pii", "redact", "removed")
	})
	help := initHelp()
	fmt.Fprint(f, help)
	for _, v := range []string{usage, discoverUsage, checkUsage, runUsage, verifyUsage, demoUsage, versionUsage} {
		fmt.Fprint(f, v)
	}
	tell(t.Context(), io, &stream.Fault{Code: "x", Path: "lethe.yaml:3: sources.crm", Msg: strings.Repeat("a word and ", 20), Hint: strings.Repeat("type this ", 20)})
	fmt.Fprint(f, "no end "+strings.Repeat("of words ", 20))
	flush(f)
	for line := range strings.Lines(b.String()) {
		if n := screen.Cells(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if !strings.Contains(b.String(), "…") || !strings.Contains(b.String(), "last_order") && !strings.Contains(b.String(), "last") {
		t.Errorf("a table: %s", b.String()[:400])
	}
}
