package tag

// The ways a line is written.
const (
	modeSmall = iota // no capitals
	modeMixed
	modeTitle // most words of four letters and more start with a capital
	modeUpper
)

// finish adds to the tokens what their lines tell.
func (t *Tagger) finish(text []byte) {
	for i := 0; i < len(t.Tokens); {
		end := i + 1
		for end < len(t.Tokens) && t.Tokens[end].gap < newline {
			end++
		}
		line := t.Tokens[i:end]
		mode := modeOf(line)
		for k := range line {
			line[k].mode = mode
		}
		line[0].first, line[len(line)-1].last = true, true
		cues(line)
		spaces(line)
		codes(text, line)
		t.phrases(line)
		i = end
	}
}

func modeOf(line []Token) uint8 {
	small, title, upper, caps := 0, 0, 0, 0
	for i := range line {
		tok := &line[i]
		if tok.kind != word {
			continue
		}
		switch {
		case tok.shape == shapeUpper:
			caps++
			if tok.size > 3 {
				upper++
			}
		case tok.shape == shapeLower && tok.size > 3:
			small++
		case tok.shape == shapeLower:
		default:
			caps++
			if tok.size > 3 {
				title++
			}
		}
	}
	switch {
	case caps == 0:
		return modeSmall
	case upper > 1 && upper > 3*(small+title), small+title == 0 && upper > 0:
		return modeUpper
	case title > 2 && small == 0, title > 3*small+1:
		return modeTitle
	}
	return modeMixed
}

// cues gives each token the word before the last colon, and Thai words the
// place they have between spaces.
func cues(line []Token) {
	var cue, head uint32
	pos, part, begins, words := uint8(0), uint8(0), uint8(0), uint8(0)
	for k := range line {
		tok := &line[k]
		if tok.gap != joined || k == 0 || tok.kind != thai && line[k-1].kind == thai {
			head, pos = tok.low, 0
		} else if pos < 15 {
			pos++
		}
		if tok.gap != joined || k == 0 {
			part, begins, words = begins|min(words, 7), 0, 0
			if tok.class&Title != 0 {
				begins = 8
			} else if tok.class&(FirstName|LastName) != 0 {
				begins = 16
			}
			if k == 0 {
				part = 0
			}
		}
		words = min(words+1, 7)
		tok.cue, tok.head, tok.pos, tok.part = cue, head, pos, part
		if k > 0 && tok.End-tok.Start == 1 && tok.own == colon && line[k-1].kind == word {
			cue = line[k-1].low
		}
	}
}

// spaces tells Thai words how far the next space is, and how many of the words
// next to them are in no dictionary: names are cut into such.
func spaces(line []Token) {
	left, after := uint8(0), uint8(0)
	for k := len(line) - 1; k >= 0; k-- {
		tok := &line[k]
		if k == len(line)-1 || line[k+1].gap != joined || line[k+1].kind != thai {
			left, after = 0, 0
		} else {
			left = min(left+1, 7)
		}
		tok.left, tok.strange = left, after<<2
		if tok.class&ThaiWord == 0 {
			after = min(after+1, 3)
		} else {
			after = 0
		}
	}
	before := uint8(0)
	for k := range line {
		tok := &line[k]
		if tok.gap != joined || tok.kind != thai {
			before = 0
		}
		tok.strange |= before
		if tok.class&ThaiWord == 0 {
			before = min(before+1, 3)
		} else {
			before = 0
		}
	}
}

var (
	colon = done(step(seed, ':'))
	at    = done(step(seed, '@'))
	under = done(step(seed, '_'))
	slash = done(step(seed, '/'))
	back  = done(step(seed, '\\'))
	hyph  = done(step(seed, '-'))
	dot   = done(step(seed, '.'))
)

// codes marks the tokens of an e-mail address, a path, a host or an
// identifier: what is written without a space around such a mark.
func codes(text []byte, line []Token) {
	for i := 0; i < len(line); {
		end, code := i+1, false
		for end < len(line) && line[end].gap == joined {
			end++
		}
		for k := i; k < end; k++ {
			tok := &line[k]
			switch tok.own {
			case at, under, back:
				code = code || end-i > 1 && line[i].kind != thai
			case slash:
				code = code || k > i && k+1 < end && line[k-1].own == slash
			case dot:
				code = code || k > i && k+1 < end && line[k-1].shape == shapeLower && line[k+1].shape == shapeLower && line[i].kind != thai
			}
		}
		if code {
			from := i
			for k := i; k < end; k++ { // marks at the ends stay outside, and so does what a comma parts
				switch text[line[k].Start] {
				case ',', ';', '(', ')', '<', '>', '"':
					mark(line[from:k])
					from = k + 1
				}
			}
			mark(line[from:end])
		}
		i = end
	}
}

// mark sets code on the tokens if one of them says so.
func mark(chunk []Token) {
	code := false
	for k := range chunk {
		switch chunk[k].own {
		case at, under, back, slash:
			code = true
		case dot:
			code = code || k > 0 && k+1 < len(chunk) && chunk[k-1].shape == shapeLower && chunk[k+1].shape == shapeLower
		}
	}
	for k := range chunk {
		chunk[k].code = code
	}
}

// phrases finds the longest places of several words.
func (t *Tagger) phrases(line []Token) {
	for i := 0; i < len(line); i++ {
		if line[i].class&Prefix == 0 || line[i].kind != word {
			continue
		}
		h, long, class := line[i].low, 0, Class(0)
		for k := i + 1; k < len(line) && k < i+6; k++ {
			if line[k].own == hyph || line[k].own == dot {
				continue
			}
			if line[k].kind != word || line[k].gap >= newline {
				break
			}
			h = Phrase(h, line[k].low)
			c := t.m.Lexicon.Of(h)
			if c&(PlaceName|RegionName) != 0 {
				long, class = k-i, c
			}
			if c&Prefix == 0 {
				break
			}
		}
		if long == 0 {
			continue
		}
		line[i].phrase = 1
		for k := i; k <= i+long; k++ {
			line[k].class |= class & (PlaceName | RegionName)
			if k > i {
				line[k].phrase = 2
			}
		}
		i += long
	}
}
