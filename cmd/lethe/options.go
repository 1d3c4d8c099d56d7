package main

import (
	"fmt"
	"strings"
	"time"

	"lethe/connectors"
	"lethe/connectors/all"
)

// initHelp is the usage of init, and every option of every connector.
func initHelp() string {
	var b strings.Builder
	b.WriteString(initUsage)
	b.WriteString(`
Connectors and their options, as lethe.yaml takes them. LOCATION is the first one;
those with a * have to be given.
`)
	for _, c := range all.Connectors() {
		fmt.Fprintf(&b, "\n%s: %s\n", c.Name, c.Help)
		if c.OpenSource != nil {
			showOptions(&b, "source", c.Source)
		}
		if c.OpenSink != nil {
			showOptions(&b, "sink", append(c.Sink, connectors.Option{Name: "clearance", Type: connectors.List, Required: true,
				Help: "labels of data that may lie there, such as [public, internal, pii-pseudo]"}))
		}
	}
	return b.String()
}

func showOptions(b *strings.Builder, role string, options []connectors.Option) {
	fmt.Fprintf(b, "  as a %s:\n", role)
	for _, o := range options {
		name := o.Name
		if o.Required {
			name += "*"
		}
		fmt.Fprintf(b, "    %-14s %-9s %s%s\n", name, o.Type, strings.TrimSuffix(o.Help, "."), defaultText(o))
	}
}

// defaultText says what an option is if it is not given.
func defaultText(o connectors.Option) string {
	text := fmt.Sprint(o.Default)
	switch v := o.Default.(type) {
	case nil:
		return ""
	case int64:
		const mib = 1 << 20
		if o.Type == connectors.Size && v%mib == 0 {
			text = fmt.Sprintf("%dMiB", v/mib)
		}
	case time.Duration:
		if v == 0 {
			return "" // its help says what that means
		}
		text = v.String()
	}
	return " (default " + text + ")"
}
