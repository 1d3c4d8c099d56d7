package pipe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var errOdd = errors.New("odd")

// carried runs a job that doubles lines and refuses those that begin with an x.
func carried(t *testing.T, in io.Reader) (out string, refused []string, total Result) {
	t.Helper()
	var b bytes.Buffer
	total, err := Job{In: in, Out: &b,
		Refused: func(r Refusal) error {
			refused = append(refused, fmt.Sprintf("%d %s %v", r.Number, r.Line, r.Why))
			return nil
		},
		New: func() (Worker, error) {
			return Each(func(dst, line []byte, number int) ([]byte, error) {
				if line[0] == 'x' {
					return append(dst, "half of it"...), errOdd
				}
				return fmt.Appendf(dst, "%d %s\n", number, line), nil
			}), nil
		}}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), refused, total
}

func TestLinesKeepTheirOrderAndNumbers(t *testing.T) {
	var in, want strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&in, "line %d\n", i)
		fmt.Fprintf(&want, "%d line %d\n", i+1, i)
	}
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(in.String()), "halves": iotest.HalfReader(strings.NewReader(in.String()))} {
		if out, refused, total := carried(t, r); out != want.String() || len(refused) > 0 || total.Done != 50_000 {
			t.Errorf("%s: %d bytes of %d, %+v", name, len(out), want.Len(), total)
		}
	}
}

func TestLinesWithoutTextAreSkippedAndTheLastNeedsNoEnd(t *testing.T) {
	for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
		out, refused, total := carried(t, wrap(strings.NewReader("\xef\xbb\xbfa\r\n\n \t\nx1\nb\n\nx2\nc")))
		if out != "1 a\n5 b\n8 c\n" || fmt.Sprint(refused) != "[4 x1 odd 7 x2 odd]" || total != (Result{3, 2}) {
			t.Errorf("%q %q %+v", out, refused, total)
		}
	}
	if out, _, total := carried(t, strings.NewReader("")); out != "" || total != (Result{}) {
		t.Errorf("%q %+v", out, total)
	}
}

func TestALineOnWhichAWorkerPanicsIsRefusedAlone(t *testing.T) {
	var out bytes.Buffer
	var refused []string
	total, err := Job{In: strings.NewReader("a\nb\npanic\nc\nx\npanic\nd"), Out: &out,
		Refused: func(r Refusal) error {
			refused = append(refused, fmt.Sprintf("%d %s %v", r.Number, r.Line, r.Why))
			return nil
		},
		New: func() (Worker, error) { return &keeper{}, nil }}.Run(t.Context())
	want := []string{"3 panic " + ErrFault.Error(), "5 x odd", "6 panic " + ErrFault.Error()}
	if err != nil || out.String() != "a\nb\nc\nd\n" || !slices.Equal(refused, want) || total != (Result{4, 3}) {
		t.Errorf("%q %q %+v %v", out.String(), refused, total, err)
	}
}

func TestLinesOnWhichAWorkerPanicsTogetherAreRefused(t *testing.T) {
	refused := 0
	total, err := Job{In: strings.NewReader("a\nlate\nb\n"), Out: io.Discard, Refused: func(Refusal) error { refused++; return nil },
		New: func() (Worker, error) { return &keeper{}, nil }}.Run(t.Context())
	if err != nil || refused != 3 || total.Done != 0 {
		t.Errorf("%d refused, %+v, %v", refused, total, err)
	}
}

// keeper keeps lines back until the end.
type keeper struct{ kept []byte }

func (k *keeper) Line(dst, line []byte, _ int) ([]byte, error) {
	switch string(line) {
	case "panic":
		panic("panic")
	case "x":
		return dst, errOdd
	}
	k.kept = append(append(k.kept, line...), '\n')
	return dst, nil
}

func (k *keeper) Flush(dst []byte) []byte {
	if bytes.Contains(k.kept, []byte("late")) {
		panic("late")
	}
	dst = append(dst, k.kept...)
	k.kept = nil
	return dst
}

func TestALineThatIsTooLongIsRefusedAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads 160 MiB")
	}
	long := strings.Repeat("a", Limit)
	out, refused, _ := carried(t, strings.NewReader("a\n"+long+"\n"+long+long[:chunk*2]+"\nb\n"))
	if len(out) != len("1 a\n2 \n4 b\n")+Limit || !strings.HasSuffix(out, "\n4 b\n") || len(refused) != 1 || refused[0] != "3  "+ErrTooLong.Error() {
		t.Errorf("%d bytes, %q", len(out), refused)
	}
}

func TestAnAnswerDoesNotWaitForTheNextLine(t *testing.T) {
	in, feed := io.Pipe()
	answers, out := io.Pipe()
	go Job{In: in, Out: out, Refused: func(Refusal) error { return nil },
		New: func() (Worker, error) {
			return Each(func(dst, line []byte, _ int) ([]byte, error) { return append(append(dst, line...), '\n'), nil }), nil
		}}.Run(t.Context())
	b := make([]byte, 16)
	for range 3 {
		fmt.Fprintln(feed, "hello")
		if n, err := answers.Read(b); err != nil || string(b[:n]) != "hello\n" {
			t.Fatalf("%q %v", b[:n], err)
		}
	}
	feed.Close()
}

func TestAReaderThatWentAwayIsNoErrorAndOthersAre(t *testing.T) {
	job := Job{In: strings.NewReader("a\n"), New: func() (Worker, error) {
		return Each(func(dst, _ []byte, _ int) ([]byte, error) { return append(dst, '\n'), nil }), nil
	}}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	job.Out = w
	if _, err := job.Run(t.Context()); err != nil {
		t.Error(err)
	}
	job.In, job.Out = iotest.ErrReader(errOdd), io.Discard
	if _, err := job.Run(t.Context()); !errors.Is(err, errOdd) {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	job.In, _ = io.Pipe() // which never gives anything
	if _, err := job.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// late keeps back three lines at a time.
type late struct{ kept []byte }

func (l *late) Line(dst, line []byte, number int) ([]byte, error) {
	if line[0] == 'x' {
		return dst, errOdd
	}
	l.kept = append(append(l.kept, line...), '\n')
	if bytes.Count(l.kept, []byte("\n")) == 3 {
		return l.Flush(dst), nil
	}
	return dst, nil
}

func (l *late) Flush(dst []byte) []byte {
	dst = append(dst, l.kept...)
	l.kept = l.kept[:0]
	return dst
}

func TestWhatAWorkerKeepsBackComesInItsOrder(t *testing.T) {
	var in, want strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&in, "line %d\n", i)
		fmt.Fprintf(&want, "line %d\n", i)
		if i%5 == 0 {
			in.WriteString("x\n")
		}
	}
	var out bytes.Buffer
	total, err := Job{In: strings.NewReader(in.String()), Out: &out, Refused: func(Refusal) error { return nil },
		New: func() (Worker, error) { return &late{}, nil }}.Run(t.Context())
	if err != nil || out.String() != want.String() || total != (Result{20_000, 4_000}) {
		t.Errorf("%v: %d bytes of %d, %+v", err, out.Len(), want.Len(), total)
	}
}
