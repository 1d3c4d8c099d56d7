package pipeline

import "lethe/stream"

// tellQuality tells what a stream's rows were like.
func (w *maskWorker) tellQuality(name string, q *stream.Quality) {
	if q.Library > 0 {
		w.Metrics.Library.WithLabelValues(w.Connection, name).Add(float64(q.Library))
	}
}
