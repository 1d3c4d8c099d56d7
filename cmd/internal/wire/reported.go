package wire

import (
	"cmp"

	"lethe/audit/report"
	"lethe/cmd/internal/config"
	"lethe/rules"
	"lethe/rules/packs"
)

// reportConnection is a connection with what its policy decides.
func reportConnection(c config.Connection, p *rules.Program) report.Connection {
	out := report.Connection{Name: c.Name, From: c.From, To: c.To, Purpose: c.Purpose, Revision: p.Revision, Packs: packNames(p)}
	for _, s := range p.Streams {
		st := report.Stream{Name: s.Name, Class: string(s.Class), Label: string(s.Label), Topic: s.Topic, Subject: s.Plan.Subject.Column}
		for _, domain := range []string{s.Plan.Subject.Domain, s.Plan.Subject.AlsoDomain} {
			if domain != "" {
				st.Persons = append(st.Persons, domain)
			}
		}
		for _, d := range s.Decisions {
			f := report.Field{Path: d.Path, Element: d.Element, Class: string(d.Class), Operator: d.Operator, Result: d.Label,
				Erasable: d.Erasable, Where: d.Where, Because: d.Because}
			f.As, _ = d.Params["as"].(string)
			for _, k := range p.Packs {
				r := k.Allowed(d.Element, d.Class, c.Purpose)
				section := k.Name + " " + r.Section
				if r.Recalled {
					section += " ○"
				}
				f.Sections = append(f.Sections, section)
			}
			st.Fields = append(st.Fields, f)
		}
		out.Streams = append(out.Streams, st)
	}
	return out
}

func reportLaw(k packs.Pack) report.Law {
	out := report.Law{Name: k.Name, Law: k.Law, Effective: k.Effective, Recalled: k.Recalled}
	if k.Home != nil {
		out.Home = k.Home.Regions
	}
	for _, r := range k.Retention {
		out.Retention = append(out.Retention, report.Term{Duty: r.About, Within: r.Keep, Section: r.Section, Effective: k.Effective, Recalled: r.Recalled})
	}
	for _, d := range k.Deadlines {
		out.Deadlines = append(out.Deadlines, report.Term{Duty: d.Duty, Within: d.Within, Section: d.Section, Effective: cmp.Or(d.Effective, k.Effective), Recalled: d.Recalled})
	}
	return out
}

// reportRecord is what people declared.
func reportRecord(in config.Record) report.Record {
	party := func(p config.Party) report.Party { return report.Party(p) }
	out := report.Record{Given: in.Given, Controller: party(in.Controller), DPO: party(in.DPO), Rights: in.Rights, Measures: in.Measures}
	for _, p := range in.Joint {
		out.Joint = append(out.Joint, party(p))
	}
	for _, p := range in.Processor {
		out.Processor = append(out.Processor, party(p))
	}
	for _, e := range in.Purposes.Entries {
		p := e.Value
		out.Purposes = append(out.Purposes, report.Purpose{Name: e.Key, Description: p.Description, Basis: p.Basis, Subjects: p.Subjects, Elements: p.Elements, Retention: p.Retention})
	}
	for _, e := range in.Recipients.Entries {
		r := e.Value
		out.Recipients = append(out.Recipients, report.Recipient{Sink: e.Key, Name: r.Name, Country: r.Country, Mechanism: r.Mechanism, Safeguards: r.Safeguards, Processor: r.Processor})
	}
	for _, r := range in.Refusals {
		out.Refusals = append(out.Refusals, report.Refusal(r))
	}
	return out
}
