package demo

import (
	"context"
	"io"
	"log/slog"
	"time"

	"lethe/cmd/internal/wire"
	"lethe/stream"
)

// carry takes what the shop holds, and was not carried before, into the lake.
func (d *demo) carry(ctx context.Context) error {
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	w, err := wire.Open(ctx, d.folder, log, d.By)
	if err != nil {
		return err
	}
	defer w.Close()
	unknown := map[string]int64{}
	w.Masked = func(_, name string, c stream.MaskCount) {
		if n := c.Unlisted(); n > 0 {
			unknown[name] += int64(n)
		}
	}
	p := d.progress("stream, mask, load")
	var last wire.Progress
	err = w.Once(ctx, func(now wire.Progress) {
		last = now
		p.show("%d ingested, %d masked, %d in the lake", now.Ingested, now.Masked, now.Loaded)
	})
	if err != nil {
		return err
	}
	took := time.Since(p.began).Seconds()
	pass := Pass{Records: last.Loaded, Seconds: took, PerSecond: float64(last.Loaded) / took}
	d.result.Passes = append(d.result.Passes, pass)
	p.done("%d records through every hop, %.0f rows/s", pass.Records, pass.PerSecond)
	for name, n := range unknown {
		d.result.Redacted[name] += n
		d.step("new column", "", "of %s, in no policy:\nits name and %d values are redacted", name, n)
	}
	return nil
}
