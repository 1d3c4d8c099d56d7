package config

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"lethe/connectors"
	"lethe/connectors/all"
	"lethe/rules/strict"
	"lethe/stream"
)

// endpoint is a source or a sink: the connector's name, and its options.
type endpoint struct {
	connectors.Connector
	options connectors.Config
}

type source struct{ endpoint }

type sink struct {
	endpoint
	region    string
	clearance []string
}

// DecodeNode implements [strict.Decoder].
func (s *source) DecodeNode(n strict.Node) {
	s.decode(n, "source", nil, func(c connectors.Connector) ([]connectors.Option, bool) { return c.Source, c.OpenSource != nil })
}

// DecodeNode implements [strict.Decoder].
func (s *sink) DecodeNode(n strict.Node) {
	own := map[string]func(strict.Node){
		"region":    func(n strict.Node) { n.Into(&s.region) },
		"clearance": func(n strict.Node) { n.Into(&s.clearance) },
	}
	ok := s.decode(n, "sink", own, func(c connectors.Connector) ([]connectors.Option, bool) { return c.Sink, c.OpenSink != nil })
	if ok && s.clearance == nil {
		n.Fault(strict.CodeMissing, `key "clearance" is missing`, "write the labels that may lie there, such as clearance: [public, internal, pii-pseudo]")
	}
}

// decode reads a source or sink against the options of its connector. own are
// keys that are not the connector's, though it may read them as well.
func (e *endpoint) decode(n strict.Node, role string, own map[string]func(strict.Node), of func(connectors.Connector) ([]connectors.Option, bool)) bool {
	if n.Kind() != strict.Table {
		n.Fault(strict.CodeType, "want a map, found "+string(n.Kind()), "write {connector: …}")
		return false
	}
	options, ok := e.choose(n, role, of)
	if !ok {
		return false
	}
	e.options = connectors.Config{}
	byName := map[string]connectors.Option{}
	known := []string{"connector"}
	for _, o := range options {
		byName[o.Name] = o
		known = append(known, o.Name)
		if o.Default != nil {
			e.options[o.Name] = o.Default
		}
	}
	for name := range own {
		known = append(known, name)
	}
	written := map[string]bool{}
	n.Each(func(key string, v strict.Node) {
		o, isOption := byName[key]
		read, isOwn := own[key]
		written[key] = true
		if isOwn {
			read(v)
		}
		switch {
		case isOption:
			if x, ok := option(o, v); ok {
				e.options[key] = x
			}
		case !isOwn && key != "connector":
			v.Fault(strict.CodeUnknown, fmt.Sprintf("the %s %s has no option %q", e.Name, role, key), strict.Suggest(key, known))
		}
	})
	for _, o := range options {
		if o.Required && !written[o.Name] {
			n.Fault(strict.CodeMissing, fmt.Sprintf("key %q is missing", o.Name), fmt.Sprintf("add %s: … (%s)", o.Name, o.Help))
		}
	}
	return true
}

// choose finds the connector that n names.
func (e *endpoint) choose(n strict.Node, role string, of func(connectors.Connector) ([]connectors.Option, bool)) (options []connectors.Option, found bool) {
	var name string
	var at strict.Node
	named := false
	n.Each(func(key string, v strict.Node) {
		if key == "connector" {
			at, named = v, v.Into(&name)
			found = true
		}
	})
	var able []string
	for _, c := range all.Connectors() {
		o, ok := of(c)
		if !ok {
			continue
		}
		able = append(able, c.Name)
		if named && c.Name == name {
			e.Connector = c
			return o, true
		}
	}
	switch {
	case named:
		at.Fault("config.no_connector", "no connector of that name can be a "+role, strict.Suggest(name, able))
	case !found:
		n.Fault(strict.CodeMissing, `key "connector" is missing`, "add connector: "+strings.Join(able, " or "))
	}
	return nil, false
}

// option reads one option as [connectors.Config] wants it.
func option(o connectors.Option, n strict.Node) (any, bool) {
	switch o.Type {
	case connectors.Secret:
		// L7: it is read into what shows nothing, and no fault repeats it.
		x, ok := read[stream.Value](n)
		if v, _ := x.(stream.Value); ok && bytes.HasPrefix(v.Reveal(), []byte("secret://")) {
			n.Fault("config.no_secrets_driver", "no secrets driver is configured", "write ${NAME} and set the variable where lethe runs")
			return nil, false
		}
		return x, ok
	case connectors.Number:
		return read[int64](n)
	case connectors.Flag:
		return read[bool](n)
	case connectors.Duration:
		return read[time.Duration](n)
	case connectors.List:
		return read[[]string](n)
	case connectors.Map:
		return read[map[string]string](n)
	case connectors.Size:
		s, ok := read[size](n)
		x, _ := s.(size)
		return int64(x), ok
	}
	return read[string](n)
}

func read[T any](n strict.Node) (any, bool) {
	var x T
	ok := n.Into(&x)
	return x, ok
}

// size is a number of bytes, as a number or with a unit.
type size int64

// DecodeNode implements [strict.Decoder].
func (s *size) DecodeNode(n strict.Node) {
	text := n.Text()
	digits := strings.TrimRight(text, "BKMGTi")
	unit, ok := units[text[len(digits):]]
	x, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if !ok || err != nil || x < 0 || x > math.MaxInt64/unit {
		n.Fault(strict.CodeType, "want a size in bytes, found "+string(n.Kind()), "write 128MiB, 512KiB or 1048576")
		return
	}
	*s = size(x * unit)
}

// units are the ways to write a multiple of bytes; it is only read.
var units = map[string]int64{
	"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
}
