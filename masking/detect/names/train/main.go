// Command train makes the model of package names: it generates labelled text
// from the grammars and lists in its folders, adds a file of Thai text with gold
// spans if one is given, and trains an averaged perceptron on both. The same
// inputs give the same bytes.
//
//	go run ./masking/detect/names/train -thai thainer_train.gold.jsonl -out masking/detect/names/model.bin.gz
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"lethe/masking/detect/names/internal/tag"
)

type options struct {
	thai, out, eval string
	keep            string
	from            string
	find            bool
	hold, report    bool
	texts, epochs   int
	runs, repeat    int
	thaiTexts       int
	seed            uint64
}

func main() {
	var o options
	flag.StringVar(&o.thai, "thai", "", "JSON lines of Thai text with gold spans")
	flag.StringVar(&o.keep, "keep", "", "which tenths of -thai, by the hash of the id, are kept from training and reported on: 89 keeps two")
	flag.StringVar(&o.out, "out", "", "where to write the model; nowhere if empty")
	flag.StringVar(&o.eval, "eval", "", "more files of gold spans to report on, with commas")
	flag.StringVar(&o.from, "from", "", "report on this model, and train nothing")
	flag.BoolVar(&o.find, "find", false, "with -from: mark the names in the lines of standard input")
	flag.BoolVar(&o.hold, "hold", false, "keep one name in eight from training and from the lexicon, and report on those")
	flag.BoolVar(&o.report, "report", true, "report on held-out text")
	flag.IntVar(&o.texts, "texts", 60000, "texts to generate")
	flag.IntVar(&o.thaiTexts, "thai-texts", 6000, "Thai texts to generate")
	flag.IntVar(&o.epochs, "epochs", 8, "rounds of training")
	flag.IntVar(&o.runs, "runs", 2, "trainings of so many rounds each, whose average is the model")
	flag.IntVar(&o.repeat, "repeat", 4, "how often each text of -thai is seen in a round")
	flag.Uint64Var(&o.seed, "seed", 1, "where chance starts")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o options) error {
	g := newGrammar(o.seed)
	words, tests, err := load(g, o.hold)
	if err != nil {
		return err
	}
	if o.from != "" {
		b, err := os.ReadFile(o.from)
		if err != nil {
			return err
		}
		m, err := tag.DecodeModel(b)
		if err != nil {
			return err
		}
		if o.find {
			return find(m, os.Stdin, os.Stdout)
		}
		return reports(o, g, tests, m)
	}
	texts := g.texts(o.texts, "text")
	texts = append(texts, g.texts(o.thaiTexts, "thai")...)
	if g.miss != nil {
		return g.miss
	}
	if o.thai != "" {
		gold, _, err := parts(o.thai, o.keep)
		if err != nil {
			return err
		}
		texts = append(texts, slices.Repeat(gold, o.repeat)...)
	}
	lexicon := tag.EncodeLexicon(words)
	t := newTrainer(tag.NewLexicon(words), o.seed)
	for e := range o.epochs * o.runs {
		if e%o.epochs == 0 {
			t.again()
		}
		wrong, n := t.epoch(texts)
		fmt.Fprintf(os.Stderr, "round %d: %d of %d tokens wrong\n", e+1, wrong, n)
	}
	m := t.model()
	if o.out != "" {
		b, err := tag.EncodeModel(m, lexicon)
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.out, b, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: %d bytes, %d words\n", o.out, len(b), len(words))
	}
	if o.report {
		return reports(o, g, tests, m)
	}
	return nil
}

// reports prints the figures on what was not trained on: other templates with
// held names, and the parts of the Thai file that are kept for it.
func reports(o options, g *grammar, tests map[string][]string, m *tag.Model) error {
	for rule, names := range tests {
		g.rules[rule] = names
	}
	report(os.Stdout, "templates", m, g.texts(3000, "dev"))
	report(os.Stdout, "thai templates", m, g.texts(1500, "dev_thai"))
	if g.miss != nil {
		return g.miss
	}
	if o.thai != "" {
		_, kept, err := parts(o.thai, o.keep)
		if err != nil {
			return err
		}
		var all []sample
		for i, part := range kept {
			if len(part) > 0 {
				report(os.Stdout, fmt.Sprintf("thai tenth %d", i), m, part)
			}
			all = append(all, part...)
		}
		if len(o.keep) > 1 {
			report(os.Stdout, "thai tenths", m, all)
		}
	}
	for _, path := range strings.FieldsFunc(o.eval, func(r rune) bool { return r == ',' }) {
		gold, _, err := readGold(path)
		if err != nil {
			return err
		}
		report(os.Stdout, path[strings.LastIndexByte(path, '/')+1:], m, gold)
	}
	return nil
}
