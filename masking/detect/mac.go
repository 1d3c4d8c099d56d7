package detect

// mac offers 00-1A-2B-3C-4D-5E and 001a.2b3c.4d5e, which begin with token t; what
// has colons is offered by its colons.
func (f *Finder) mac(t *token) {
	at := int(t.start)
	sep := f.byteAt(int(t.end))
	switch {
	case t.len() == 2 && sep == '-':
		if !f.free(at) || f.byteAt(at-1) == '-' {
			return
		}
		if end := f.pairs(at, '-'); end > 0 && f.ends(end) && f.byteAt(end) != '-' {
			f.add(macAddress, at, end, .95, true, "six pairs of hexadecimal digits")
		}
	case t.len() == 4 && sep == '.':
		end := at + 14
		if !f.free(at) || end > len(f.text) || f.text[at+9] != '.' || !f.ends(end) || f.byteAt(at-1) == '.' || f.byteAt(end) == '.' && classes[f.byteAt(end+1)]&isAlnum != 0 {
			return
		}
		letters := uint8(0)
		for i := at; i < end; i++ {
			if i != at+4 && i != at+9 {
				if hexValue[f.text[i]] < 0 {
					return
				}
				letters |= classes[f.text[i]] & isAlpha
			}
		}
		if letters != 0 || f.near(aboutIP, at, end) >= 0 {
			f.add(macAddress, at, end, .9, true, "three groups of four hexadecimal digits")
		}
	}
}
