package tag

// edge stands for what lies beyond the ends of the text.
var edge = Token{low: 1, own: 1, gap: newline}

// hidden are the classes that a token of the dark loses: the trainer teaches
// what to do with a word that no list has.
const hidden = FirstName | LastName | PlaceName | RegionName | Prefix | Common

func (t *Tagger) near(i int) *Token {
	if i < 0 || i >= len(t.Tokens) {
		return &edge
	}
	return &t.Tokens[i]
}

func (k *Token) classes() uint32 {
	c := k.class
	if k.Dark {
		c &^= hidden
	}
	return uint32(c)
}

// word is the token's identity. That of a token in the dark depends on the
// salt, so that the trainer can tell which features hang on it.
func (t *Tagger) word(k *Token) uint32 {
	if k.Dark {
		return k.low ^ t.Salt
	}
	return k.low
}

// look is the token's shape with what it stands next to.
func (k *Token) look() uint32 {
	l := uint32(k.shape) | uint32(k.gap)<<4 | uint32(k.kind)<<8
	if k.kind == punct {
		l = k.own
	}
	return l
}

// Features appends the rows that speak for token i.
func (t *Tagger) Features(dst []uint32, i int) []uint32 {
	if t.Tokens[i].kind == thai || t.near(i-1).kind == thai && t.Tokens[i].kind != word {
		return t.thaiFeatures(dst, i)
	}
	return t.latinFeatures(dst, i)
}

// row hashes feature number f with value v into the first half of the rows.
func row(f, v uint32) uint32 {
	h := (v ^ f*0x85EBCA6B) * 0x9E3779B1
	h ^= h >> 15
	h *= 0xC2B2AE35
	return h >> (32 - rowBits)
}

func pair(a, b uint32) uint32 { return mix(a*0x2545F491+0x9E37, b) }

func (t *Tagger) latinFeatures(f []uint32, i int) []uint32 {
	k := &t.Tokens[i]
	p, pp, n, nn := t.near(i-1), t.near(i-2), t.near(i+1), t.near(i+2)
	w, pw, ppw, nw, nnw := t.word(k), t.word(p), t.word(pp), t.word(n), t.word(nn)
	c, pc, nc := k.classes(), p.classes(), n.classes()
	look, plook, nlook := k.look(), p.look(), n.look()
	style := uint32(k.shape) | uint32(k.mode)<<4
	ends := uint32(k.phrase) | uint32(p.phrase)<<2 | uint32(n.phrase)<<4
	if k.first {
		ends |= 1 << 8
	}
	if k.last {
		ends |= 1 << 9
	}
	f = append(f,
		row(1, style),
		row(2, w), row(3, pw), row(4, nw), row(5, ppw), row(6, nnw),
		row(7, pair(pw, w)), row(8, pair(w, nw)),
		row(9, pair(plook, look)), row(10, pair(look, nlook)),
		row(11, pair(pair(plook, look), nlook)),
		row(12, pair(c, style)), row(13, pair(pc, c)), row(14, pair(c, nc)),
		row(15, pair(pair(pc, c), nc)),
		row(16, pair(pair(plook, c), nlook)),
		row(17, pair(pw, c)), row(18, pair(nw, c)),
		row(19, pair(pw, style)), row(20, pair(nw, style)),
		row(21, pair(pair(ppw, pw), uint32(k.shape))), row(22, pair(pair(nw, nnw), uint32(k.shape))),
		row(23, pair(pair(pw, style), nw)),
		row(24, pair(ends, uint32(k.shape))),
		row(25, pair(k.cue, c)), row(26, pair(k.cue, look)),
		row(27, pair(pp.classes(), pair(pc, style))), row(28, pair(pair(nc, nn.classes()), style)),
		row(29, pair(uint32(k.size), style)),
		row(30, pair(pair(pp.look(), plook), look)),
		row(31, pair(pair(look, nlook), nn.look())),
	)
	if k.kind == word && k.shape != shapeInitial {
		f = append(f,
			row(41, k.pre[2]), row(42, k.suf[0]), row(43, k.suf[1]), row(44, k.suf[2]),
			row(45, pair(k.suf[1], style)), row(46, pair(n.suf[1], style)), row(47, pair(p.suf[1], style)))
	}
	return f
}

func (t *Tagger) thaiFeatures(f []uint32, i int) []uint32 {
	k := &t.Tokens[i]
	p, pp, ppp, n, nn := t.near(i-1), t.near(i-2), t.near(i-3), t.near(i+1), t.near(i+2)
	w, pw, ppw, nw, nnw := t.word(k), t.word(p), t.word(pp), t.word(n), t.word(nn)
	c, pc, nc := k.classes(), p.classes(), n.classes()
	look := uint32(min(k.size, 4)) | uint32(k.gap)<<4 | uint32(n.gap)<<6 | uint32(k.kind)<<8
	base := len(f)
	f = append(f,
		row(101, look),
		row(102, w), row(103, pw), row(104, nw), row(105, ppw), row(106, nnw), row(107, t.word(ppp)), row(108, t.word(t.near(i+3))),
		row(109, pair(pw, w)), row(110, pair(w, nw)), row(111, pair(ppw, pw)), row(112, pair(nw, nnw)),
		row(113, pair(pair(ppw, pw), w)), row(114, pair(pair(pw, w), nw)), row(115, pair(pair(w, nw), nnw)),
		row(116, pair(c, look)), row(117, pair(pc, c)), row(118, pair(c, nc)), row(119, pair(pair(pc, c), nc)),
		row(120, pair(pw, look)), row(121, pair(nw, look)), row(122, pair(pair(pw, look), nw)),
		row(123, pair(ppw, pair(pw, look))),
		row(124, pair(k.head, uint32(k.pos))), row(125, pair(k.head, look)), row(126, pair(p.head, look)),
		row(127, k.pre[0]), row(128, k.pre[1]), row(129, k.pre[2]), row(130, k.suf[0]), row(131, k.suf[1]), row(132, k.suf[2]),
		row(133, pair(p.suf[0], k.pre[1])), row(134, pair(k.suf[0], n.pre[1])),
		row(135, pair(pair(lookOf(pp), lookOf(p)), pair(look, lookOf(n)))),
		row(136, pair(t.title(i), look)), row(137, pair(t.title(i), w)),
		row(140, pair(uint32(k.left), look)), row(141, pair(uint32(k.left), pw)), row(142, pair(uint32(k.left), pair(t.title(i), uint32(k.pos)))),
		row(143, pair(uint32(k.strange), pair(c, look))), row(144, pair(uint32(k.strange), pair(uint32(k.left), t.title(i)))),
		row(145, pair(uint32(n.strange), w)),
		row(138, pair(k.cue, look)), row(139, pair(pair(lookOf(n), lookOf(nn)), look)),
	)
	if k.part > 7 { // a title or a first name is before the space: what goes on to the next one may be the surname
		f = append(f, row(146, pair(uint32(k.part), pair(uint32(k.pos), uint32(k.left)))), row(147, pair(uint32(k.part), look)))
	}
	for j := base; j < len(f); j++ {
		f[j] |= 1 << rowBits
	}
	return f
}

func lookOf(k *Token) uint32 {
	if k.kind == punct {
		return k.own
	}
	return uint32(min(k.size, 3)) | uint32(k.gap)<<4 | uint32(k.kind)<<8 | uint32(k.class&(ThaiWord|FirstName|LastName|PlaceName|Title))<<12
}

// title is the nearest title or place cue among the six words before token i,
// with how far it is.
func (t *Tagger) title(i int) uint32 {
	for d := 1; d <= 6 && i-d >= 0; d++ {
		k := &t.Tokens[i-d]
		if k.class&(Title|PlaceCue|OrgWord) != 0 {
			return pair(uint32(d), uint32(k.class&(Title|PlaceCue|OrgWord)))
		}
		if k.gap >= newline {
			break
		}
	}
	return 0
}
