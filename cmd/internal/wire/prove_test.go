package wire

import (
	"context"
	"errors"
	"testing"

	"lethe/stream"
)

func TestL4ARowIsNotProvenWhoseRecordWasMaskedBehindItsWorkersRevocation(t *testing.T) {
	w := recaller(t)
	first := w.own(t)
	masked := func(run string, offset stream.Int64) {
		t.Helper()
		w.tell(t, first, run, stream.EntryReceipt, stream.Receipt{Stage: stream.StageMask, Worker: workerID(first),
			Parts: []stream.Part{{Out: []stream.Out{{Topic: "t", Partition: 2, First: offset, Last: offset}}}}})
	}
	masked("a", 1)
	revokeOwn(t, w)
	masked("b", 2)
	if err := w.with(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	r, err := w.openReader()
	if err != nil {
		t.Fatal(err)
	}
	loaded := stream.Part{Topic: "t", Partition: 2, Object: "o"}
	if m, err := w.maskedBy(t.Context(), r, loaded, 1); err != nil || m.Receipt.Index <= m.Enrol.Index {
		t.Errorf("before it: %v", err)
	}
	for offset, code := range map[int64]string{2: "prove.revoked", 3: "prove.unknown"} {
		var f *stream.Fault
		if _, err := w.maskedBy(t.Context(), r, loaded, offset); !errors.As(err, &f) || f.Code != code {
			t.Errorf("offset %d: %v", offset, err)
		}
	}
}
