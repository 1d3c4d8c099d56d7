package wire

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit/report"
	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/rules"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// ReportFolder is what a folder's files say, as reports take it. Of the keyring it
// tells the names of epochs and periods.
func ReportFolder(f *config.Folder) (report.Folder, error) {
	build, err := BuildID()
	if err != nil {
		return report.Folder{}, err
	}
	out := report.Folder{Workspace: f.Workspace, Build: build, RawMaxAge: f.RawMaxAge, Keep: f.Keep, Quarantine: pipeline.QuarantineKept}
	for _, s := range f.Sources {
		out.Sources = append(out.Sources, report.Source{Name: s.Name, Connector: s.Connector.Name})
	}
	for _, s := range f.Sinks {
		sink := report.Sink{Name: s.Name, Connector: s.Connector.Name, Region: s.Region}
		for _, l := range s.Clearance {
			sink.Clearance = append(sink.Clearance, string(l))
		}
		out.Sinks = append(out.Sinks, sink)
	}
	laws := map[string]bool{}
	for _, c := range f.Connections {
		p, err := f.Compile(c.Name)
		if err != nil {
			return report.Folder{}, err
		}
		rc := reportConnection(c, p)
		rc.Policy = f.Rel(c.Policy)
		out.Connections = append(out.Connections, rc)
		for _, k := range p.Packs {
			if !laws[k.Name] {
				laws[k.Name] = true
				out.Laws = append(out.Laws, reportLaw(k))
			}
		}
	}
	record, err := f.Record()
	if err != nil {
		return report.Folder{}, err
	}
	out.Record = reportRecord(record)
	reportKeys(f, &out)
	return out, nil
}

// reportKeys adds the epochs and periods of the keyring, where it can be looked at.
func reportKeys(f *config.Folder, out *report.Folder) {
	ring, err := file.Open(f.Keys)
	if err == nil {
		epochs, eerr := ring.Epochs()
		err = eerr
		for _, e := range epochs {
			out.Epochs = append(out.Epochs, report.Epoch{Name: e.Name, Made: e.Made.UTC()})
		}
		for _, purpose := range []string{"raw", "quarantine"} {
			list, perr := ring.Periods(purpose)
			if perr != nil {
				err = perr
			}
			out.Periods = append(out.Periods, list...)
		}
	}
	if err != nil {
		out.Missing = append(out.Missing, report.Text{EN: "The keyring could not be looked at: epochs and periods of keys that are there now are not told.",
			TH: "ไม่สามารถดูพวงกุญแจได้ จึงไม่แสดงรุ่นและช่วงเวลาของกุญแจที่มีอยู่"})
	}
}

// Questions are what a report asks of the index of subjects.
type Questions struct {
	Of    *Persons // where records about them are; nil for nobody
	Count bool     // how many persons records are about
	In    Range
}

// Evidence is what reports want beside the log and the folder's files.
type Evidence struct {
	Revisions []report.Revision // that were ever in force
	Erased    bool              // the persons were, all of them
	Counted   *report.Counted
	Found     *report.Whereabouts
}

// ReadEvidence reads what every revision that was ever in force does, what the index of
// subjects says, and the detail records, one by one. That somebody reads is an action,
// and in the log before.
func ReadEvidence(ctx context.Context, f *config.Folder, log *slog.Logger, a Action, q Questions, each func(hash stream.Hash, body []byte) error) (*Evidence, error) {
	out := &Evidence{}
	if a.Count = 1; q.Of != nil {
		a.Subjects = q.Of.digests
	}
	return out, Read(ctx, f, log, a, func(ctx context.Context, w *Workspace) (documents int, err error) {
		all, err := w.store.all(ctx)
		if err != nil {
			return 0, err
		}
		for _, r := range all {
			out.Revisions = append(out.Revisions, reportRevision(r))
		}
		if err := out.subjects(ctx, w, q); err != nil {
			return 0, err
		}
		return 1, w.base.Cluster.ReadRange(ctx, w.base.Topics.Details(), 0, 0, func(r *kgo.Record) error {
			var h stream.Hash
			if h.UnmarshalText(r.Key) != nil {
				return nil // not one that a receipt could name
			}
			return each(h, r.Value)
		})
	})
}

// subjects asks the index of subjects.
func (e *Evidence) subjects(ctx context.Context, w *Workspace, q Questions) error {
	if q.Of == nil && !q.Count {
		return nil
	}
	if _, err := w.knowErasures(ctx); err != nil {
		return err
	}
	x := &Index{w}
	if q.Count {
		n, err := x.Count(ctx, q.In)
		if err != nil {
			return err
		}
		e.Counted = &report.Counted{Reach: report.Reach{Gone: n.Gone, Unindexed: n.Unindexed}, Distinct: n.Distinct, Streams: map[string]int{}}
		for name, s := range n.Streams {
			e.Counted.Streams[name] = s.Distinct
		}
	}
	if q.Of == nil {
		return nil
	}
	found, err := x.Find(ctx, q.Of, q.In)
	if err != nil {
		return err
	}
	e.Erased = found.Erased
	e.Found = &report.Whereabouts{Reach: report.Reach{Gone: found.Gone, Unindexed: found.Unindexed}}
	for _, b := range found.Batches {
		to := report.Batch{Leaf: b.Leaf, Time: b.Time, Connection: b.Connection, Purpose: b.Purpose, Stream: b.Stream, Records: b.Records}
		for _, o := range b.Out {
			to.Ranges = append(to.Ranges, report.Range{Topic: o.Topic, Partition: o.Partition, First: int64(o.First), Last: int64(o.Last)})
		}
		e.Found.Batches = append(e.Found.Batches, to)
	}
	for _, a := range found.Acts {
		e.Found.Acts = append(e.Found.Acts, report.Act{Leaf: a.Leaf, Kind: a.Kind, Time: a.Time})
	}
	return nil
}

func reportRevision(r *rules.Revision) report.Revision {
	out := report.Revision{ID: r.ID, Streams: map[string]map[string]stream.Treatment{}}
	for _, s := range r.Streams {
		fields := map[string]stream.Treatment{}
		for _, f := range s.Plan.Fields {
			fields[f.Path] = rules.TreatmentOf(f)
		}
		out.Streams[s.Name] = fields
	}
	return out
}
