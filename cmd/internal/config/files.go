package config

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"lethe/rules"
)

// Files reads every file that says what the folder does: lethe.yaml, policies and the
// tables that they name, contracts and elements, by name, each once. One that is not
// there is left out.
func (f *Folder) Files() ([]rules.File, error) {
	var faults []error
	all, err := f.Contracts()
	faults = append(faults, err)
	more, err := f.Elements()
	all, faults = append(all, more...), append(faults, err)
	paths := []string{filepath.Join(f.Root, FileName)}
	for _, c := range f.Connections {
		paths = append(paths, c.Policy)
	}
	for _, path := range paths {
		file, err := f.read(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		tables, terr := Tables(f.Root, f.Dir, file)
		for _, t := range tables {
			all = append(all, t)
		}
		all, faults = append(all, file), append(faults, err, terr)
	}
	slices.SortFunc(all, func(a, b rules.File) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(all, func(a, b rules.File) bool { return a.Name == b.Name }), errors.Join(faults...)
}
