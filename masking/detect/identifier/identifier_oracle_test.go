package identifier_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"lethe/masking/detect/identifier"
	"lethe/masking/detect/identifier/identifiertest"
)

// question is a number, what this package says of it, and whose it is.
type question struct {
	id     *identifier.Identifier
	number string
	takes  bool
}

// TestPythonStdnumAgreesOnAMillionNumbers compares with python-stdnum 2.1, which
// LETHE_TEST_STDNUM names a Python of.
func TestPythonStdnumAgreesOnAMillionNumbers(t *testing.T) {
	python := os.Getenv("LETHE_TEST_STDNUM")
	if python == "" {
		python = "python3"
	}
	if out, err := exec.Command(python, "-c", "import stdnum; print(stdnum.__version__)").Output(); err != nil || strings.TrimSpace(string(out)) != "2.1" {
		t.Skip("no Python with python-stdnum 2.1; ./test.sh installs one and names it in LETHE_TEST_STDNUM")
	}
	total := 1_000_000
	if testing.Short() {
		total = 50_000
	}
	questions := ask(total)
	answers := answer(t, python, questions)
	used, differ, shown := map[string]bool{}, map[string]int{}, map[string][]string{}
	for i, q := range questions {
		theirs := answers[i] == '1'
		if q.takes == theirs {
			continue
		}
		if e, ok := exceptions[q.id.Entity]; ok && e.may(q.number, theirs) {
			used[q.id.Entity] = true
			continue
		}
		differ[q.id.Entity]++
		if e := q.id.Entity; len(shown[e]) < 8 {
			shown[e] = append(shown[e], fmt.Sprintf("%s stdnum says %v", q.number, theirs))
		}
	}
	for entity, n := range differ {
		t.Errorf("%s (%s): %d differ: %s", entity, oracles[entity].module, n, strings.Join(shown[entity], ", "))
	}
	for entity, e := range exceptions {
		if !used[entity] && !testing.Short() {
			t.Errorf("%s: no number needs the exception that %s", entity, e.why)
		}
	}
	t.Logf("%d numbers of %d entities", len(questions), len(oracles))
}

// ask makes as many questions, the same number for each entity.
func ask(total int) []question {
	var all []question
	each := total/len(oracles) + 1
	for _, id := range identifier.All() {
		if oracles[id.Entity].module == "" {
			continue
		}
		rng := rand.New(rand.NewPCG(7, 11))
		valid := map[string][]byte{}
		for n := len(all) + each; len(all) < n; {
			shape := id.Shapes[rng.IntN(len(id.Shapes))]
			if valid[shape] == nil {
				valid[shape] = identifiertest.Valid(rng.IntN, id, shape)
			}
			valid[shape] = identifiertest.Another(rng.IntN, id, shape, valid[shape])
			for _, b := range mutations(rng, shape, valid[shape]) {
				all = append(all, question{&id, string(b), id.Check(b)})
			}
		}
	}
	return all
}

// mutations are a valid number and such as come of it by a slip: a character
// changed, two swapped, both with every last character; and one of the shape at
// random.
func mutations(rng *rand.Rand, shape string, valid []byte) [][]byte {
	out := [][]byte{valid, identifiertest.Random(rng.IntN, shape)}
	changed := bytes.Clone(valid)
	identifiertest.Redraw(rng.IntN, shape, changed, rng.IntN(len(changed)))
	swapped := bytes.Clone(valid)
	if i := rng.IntN(len(swapped) - 1); shape[i] == shape[i+1] {
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
	}
	for range 6 {
		b := bytes.Clone(changed)
		identifiertest.Redraw(rng.IntN, shape, b, len(b)-1)
		out = append(out, b)
	}
	return append(out, swapped, changed)
}

// answer asks one Python process all questions.
func answer(t *testing.T, python string, questions []question) []byte {
	cmd := exec.Command(python, "testdata/oracle.py")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer in.Close()
		w := bufio.NewWriter(in)
		defer w.Flush()
		for _, q := range questions {
			o := oracles[q.id.Entity]
			number := q.number
			if o.written != nil {
				number = o.written(number)
			}
			fmt.Fprintf(w, "%s %s\n", o.module, number)
		}
	}()
	all, readErr := io.ReadAll(out)
	if err := cmd.Wait(); err != nil || readErr != nil {
		t.Fatal(err, readErr, complaint.String())
	}
	version, answers, _ := bytes.Cut(all, []byte("\n"))
	if len(answers) != len(questions) {
		t.Fatalf("stdnum %s answered %d of %d questions", version, len(answers), len(questions))
	}
	return answers
}
