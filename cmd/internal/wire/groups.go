package wire

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/stream"
)

// group is a consumer group of a stage.
type group struct {
	name   string
	topics []string
	// mayBegin refuses to begin it; nil where nothing does.
	mayBegin func(context.Context) error
}

// groups are those of all connections.
func (w *Workspace) groups() []group {
	var out []group
	for _, c := range w.folder.Connections {
		out = append(out, group{w.base.Topics.MaskGroup(c.Name), w.rawTopics(c.From), w.isNew(c)},
			group{w.base.Topics.SinkGroup(c.Name), w.masked[c.Name], nil})
	}
	return out
}

// groupMark is the file that says that a group was begun, and on which topics, a
// line each.
func groupMark(f *config.Folder, group string) string {
	return filepath.Join(f.State, "groups", group)
}

// begunTopics are the topics on which this folder has begun a group; begun is false
// for a group that it never began.
func (w *Workspace) begunTopics(group string) (topics []string, begun bool, err error) {
	text, err := os.ReadFile(groupMark(w.folder, group))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return strings.Fields(string(text)), true, err
}

// checkGroup refuses a group that has lost an offset since it was begun: to begin
// again would carry rows twice, or leave some out (L2). So would one that stands
// behind the end of a topic, which somebody has deleted and made again.
func (w *Workspace) checkGroup(ctx context.Context, g group) error {
	topics, begun, err := w.begunTopics(g.name)
	if err != nil {
		return err
	}
	// Of a topic that no stream goes to any more brokers may forget the offsets.
	topics = slices.DeleteFunc(topics, func(t string) bool { return !slices.Contains(g.topics, t) })
	lost, err := w.base.Cluster.Lost(ctx, g.name, topics, w.base.Partitions)
	switch {
	case err != nil:
		return err
	case lost != "":
		return &stream.Fault{Code: "run.offsets_lost", Path: g.name + ": " + lost, Exit: stream.ExitEnvironment,
			Msg:  "the brokers no longer know how far this group was on it: the topic was deleted,\nor the group was idle for longer than offsets.retention.minutes",
			Hint: "restore topic and offsets (the last receipts of the log tell them), or " + Anew("")}
	case begun || g.mayBegin == nil:
		return nil
	}
	// Another machine may have begun it.
	started, err := w.base.Cluster.Started(ctx, g.name)
	if started || err != nil {
		return err
	}
	return g.mayBegin(ctx)
}

// beginGroup gives a group its first offsets on topics where it has none, and
// remembers which topics they are.
func (w *Workspace) beginGroup(ctx context.Context, g group) error {
	if err := w.base.StartGroup(ctx, g.name, g.topics); err != nil {
		return err
	}
	before, begun, err := w.begunTopics(g.name)
	if err != nil {
		return err
	}
	all := append(slices.Clone(before), g.topics...)
	slices.Sort(all)
	if all = slices.Compact(all); begun && len(all) == len(before) {
		return nil
	}
	return keep(groupMark(w.folder, g.name), []byte(strings.Join(all, "\n")+"\n"))
}

// isNew refuses a connection whose source was read before it was there: the rows
// from before are deleted from the raw topics, so it would carry a part and look
// whole (L2).
func (w *Workspace) isNew(c config.Connection) func(context.Context) error {
	return func(ctx context.Context) error {
		begun, err := w.base.Begun(ctx, c.From)
		if err != nil || !begun {
			return err
		}
		return &stream.Fault{Code: "run.new_connection", Path: "connections." + c.Name,
			Msg:  "source " + c.From + " was read before this connection was there, and its first rows are deleted by now",
			Hint: "name the source anew as well (such as " + c.From + "-2): it is read from the beginning then"}
	}
}
