package bench

import (
	"os"
	"strings"

	"lethe/stream"
	"lethe/stream/disk"
)

// FiguresBegin and FiguresEnd are the lines between which a file holds the figures
// of the command of that name.
func FiguresBegin(name string) string {
	return "<!-- figures of " + name + ": written by go run ./bench/" + name + " --figures -->\n"
}

// FiguresEnd is the line behind them.
func FiguresEnd(name string) string { return "<!-- end of figures of " + name + " -->\n" }

// HasFigures is nil if a file has a place for a command's figures, and otherwise a
// Fault. It is asked before anything is measured.
func HasFigures(path, name string) error {
	_, _, err := around(path, name)
	return err
}

// WriteFigures puts figures into their place in a file, instead of those that stand
// there.
func WriteFigures(path, name, text string) error {
	head, tail, err := around(path, name)
	if err != nil {
		return err
	}
	return disk.Replace(path, []byte(head+"\n"+text+"\n"+tail), 0o644)
}

// around is what a file holds before and after the figures, their lines included.
func around(path, name string) (head, tail string, err error) {
	old, err := os.ReadFile(path)
	if err != nil {
		return "", "", &stream.Fault{Code: "bench.figures", Path: path, Msg: "the file cannot be read", Hint: "name bench/README.md", Exit: stream.ExitEnvironment}
	}
	begin, end := FiguresBegin(name), FiguresEnd(name)
	head, rest, ok := strings.Cut(string(old), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return "", "", &stream.Fault{Code: "bench.figures", Path: path, Msg: "it has no place for these figures", Hint: "put these two lines in it:\n" + begin + end}
	}
	return head + begin, end + tail, nil
}

// Load is how busy the machine is, as the kernel says; "unknown" elsewhere.
func Load() string {
	b, err := os.ReadFile("/proc/loadavg")
	one, _, ok := strings.Cut(string(b), " ")
	if err != nil || !ok {
		return "unknown"
	}
	return one
}
