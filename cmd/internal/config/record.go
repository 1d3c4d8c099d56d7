package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"lethe/rules/strict"
)

// Record is what people declared about their processing, in the file ropa.yaml of the
// folder: what a record of processing holds and no stream of data shows.
type Record struct {
	Given      bool               `yaml:"-"` // the file is there
	Controller Party              `yaml:"controller"`
	Joint      []Party            `yaml:"joint_controllers"`
	DPO        Party              `yaml:"dpo"`
	Processor  []Party            `yaml:"processor_for"` // controllers on whose behalf; empty for a controller
	Purposes   section[Purpose]   `yaml:"purposes"`      // by the word that connections use
	Recipients section[Recipient] `yaml:"recipients"`    // by sink
	Rights     string             `yaml:"rights"`        // how persons exercise theirs
	Measures   []string           `yaml:"measures"`      // beside those that are observed
	Refusals   []Refusal          `yaml:"refusals"`
}

// Party is a person or body.
type Party struct {
	Name           string `yaml:"name,required"`
	Address        string `yaml:"address"`
	Contact        string `yaml:"contact"`
	Representative string `yaml:"representative"`
}

// Purpose is a purpose of processing.
type Purpose struct {
	Description string   `yaml:"description,required"`
	Basis       []string `yaml:"basis"`
	Subjects    []string `yaml:"subjects"`
	Elements    []string `yaml:"elements"` // or families, such as contact.*
	Retention   string   `yaml:"retention"`
}

// Recipient is who reads a sink.
type Recipient struct {
	Name       string `yaml:"name,required"`
	Country    string `yaml:"country"`
	Processor  bool   `yaml:"processor"`
	Mechanism  string `yaml:"mechanism"` // that a transfer to another country rests on
	Safeguards string `yaml:"safeguards"`
}

// Refusal is a request of a person that was refused.
type Refusal struct {
	Date    string `yaml:"date,required"`
	Section string `yaml:"section,required"`
	Reason  string `yaml:"reason,required"`
}

// RecordFile is the file with the declared record of processing.
const RecordFile = "ropa.yaml"

// Record reads what people declared; without a file nothing.
func (f *Folder) Record() (Record, error) {
	var in Record
	file, err := f.read(filepath.Join(f.Root, RecordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return in, nil
	}
	if err != nil {
		return in, err
	}
	in.Given = true
	doc, err := strict.Decode(file.Name, file.Data, nil, &in)
	if err != nil {
		return in, err
	}
	var faults []error
	for _, k := range in.Recipients.Keys() {
		if _, ok := f.Sink(k); !ok {
			var names []string
			for _, s := range f.Sinks {
				names = append(names, s.Name)
			}
			faults = append(faults, doc.Fault("recipients."+k, "config.no_sink", "there is no sink of that name", oneOf("sinks", k, slices.Clip(names))))
		}
	}
	return in, errors.Join(faults...)
}
