package main

import "lethe/rules"

// showElements lists what a column can be about, a folder's own elements too.
func showElements(io console, files []rules.File) error {
	all, err := rules.LoadElements(files...)
	if err != nil {
		return err
	}
	names := all.Names()
	if *io.json {
		type element struct {
			Name  string `json:"element"`
			Class string `json:"class"`
			About string `json:"about"`
			Mask  string `json:"mask"` // what discover begins with
		}
		list := make([]element, len(names))
		for i, n := range names {
			e, _ := all.Lookup(n)
			list[i] = element{n, string(e.Class), e.About, e.Mask}
		}
		return showJSON(io, list)
	}
	table(io, "element\tclass\tdiscover writes\tabout", len(names), func(i int) string {
		e, _ := all.Lookup(names[i])
		return plainf("%s\t%s\t%s\t%s", names[i], e.Class, e.Mask, e.About)
	})
	return nil
}
