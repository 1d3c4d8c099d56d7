package detect

// endsURL says which bytes an address in the web does not hold.
var endsURL = func() (t [256]bool) {
	for b := range t {
		t[b] = b <= ' ' || b == 0x7F || b >= 0xE0
	}
	for _, b := range []byte("<>\"`{}|\\^") {
		t[b] = true
	}
	return t
}()

// urlScheme offers the address whose "://" is at, if none that is found already
// holds it.
func (f *Finder) urlScheme(at int) {
	if n := len(f.found); n > 0 && f.found[n-1].entity == url && at < int(f.found[n-1].end) {
		return
	}
	start := at
	for start > 0 && at-start < 16 && (classes[f.text[start-1]]&isAlnum != 0 || f.text[start-1] == '+') {
		start--
	}
	for start < at && classes[f.text[start]]&isAlpha == 0 {
		start++
	}
	host := at + 3
	if at-start < 2 || host >= len(f.text) || classes[f.text[host]]&(isAlnum|isLatin|isWide) == 0 && f.text[host] != '[' {
		return
	}
	end := host
	if classes[f.text[host]]&(isLatin|isWide) != 0 {
		if end = f.domain(host); end < 0 {
			return
		}
	}
	if end = f.urlEnd(end); !f.isReachable(host, end) {
		return
	}
	f.add(url, start, end, 1, true, "scheme and host (RFC 3986)")
}

// isReachable reports whether what stands behind a scheme is more than one word: a
// host with a dot, a port or a path, or this machine.
func (f *Finder) isReachable(host, end int) bool {
	for _, b := range f.text[host:end] {
		if b == '.' || b == ':' || b == '/' || b == '[' || b >= 0x80 {
			return true
		}
	}
	return f.hasAt(host, "localhost")
}

// urlEnd is where an address ends whose host goes up to or beyond i. Punctuation
// that ends the sentence around it, and a bracket it does not open, are left out.
func (f *Finder) urlEnd(i int) int {
	text := f.text
	from := i
	for i < len(text) && !endsURL[text[i]] {
		i++
	}
	for i > from {
		switch b := text[i-1]; b {
		case '.', ',', ';', ':', '!', '?', '\'', '*', '_', '~':
			i--
		case ')', ']':
			open := byte('(')
			if b == ']' {
				open = '['
			}
			balance := 0
			for _, c := range text[from:i] {
				if c == open {
					balance++
				} else if c == b {
					balance--
				}
			}
			if balance >= 0 {
				return i
			}
			i--
		default:
			return i
		}
	}
	return i
}

// urlBare offers the host without a scheme that token t, a top-level domain,
// ends.
func (f *Finder) urlBare(t *token, tld uint8) {
	text := f.text
	start, end := int(t.start), int(t.end)
	if start < 2 || text[start-1] != '.' || classes[text[start-2]]&(isAlnum|isLatin|isCont) == 0 || !f.on[url] {
		return
	}
	if f.byteAt(end) == '.' && end+1 < len(text) && classes[text[end+1]]&isAlnum != 0 || f.byteAt(end) == '-' || f.byteAt(end) == '_' || f.byteAt(end) == '(' || f.byteAt(end) == '@' {
		if f.byteAt(end) != '.' || !f.isSentenceAt(end+1) {
			return // the host goes on, or it is no host
		}
	}
	host, dots := start-1, 1
	for host > 0 && start-host < 253 {
		c := text[host-1]
		if classes[c]&(isAlnum|isLatin) == 0 && c != '-' && c != '.' && !(classes[c] == isCont && host > 1 && classes[text[host-2]] == isLatin) {
			break
		}
		if c == '.' {
			if text[host] == '.' {
				break
			}
			dots++
		}
		host--
	}
	for host < start && (text[host] == '.' || text[host] == '-') {
		if text[host] == '.' {
			dots--
		}
		host++
	}
	if before := f.byteAt(host - 1); before == '@' || before == '_' || before == '/' && f.byteAt(host-2) != ' ' || before == '$' || before == '\\' {
		return // of an address in mail or web, or a name in a program
	}
	path := f.byteAt(end) == '/' && end+1 < len(text) && classes[text[end+1]]&isAlnum != 0
	www := start-host > 4 && text[host]|0x20 == 'w' && text[host+1]|0x20 == 'w' && text[host+2]|0x20 == 'w'
	if !www && !path && !f.isHost(host, start, end, dots, tld) {
		return
	}
	switch {
	case f.byteAt(end) == '/' || f.byteAt(end) == '?' || f.byteAt(end) == '#' || f.byteAt(end) == ':' && f.isDigitAt(end+1):
		stop := f.urlEnd(end)
		f.add(url, host, stop, .9, true, "host with a top-level domain, and a path")
	case www:
		f.add(url, host, end, .9, true, "host that begins with www")
	default:
		f.add(url, host, end, .7, false, "host with a top-level domain")
	}
}

// isSentenceAt reports whether a capitalised word begins at i that is no domain.
func (f *Finder) isSentenceAt(i int) bool {
	t := f.tokenFrom(i)
	return t < len(f.tokens) && int(f.tokens[t].start) == i && f.isSentence(i, int(f.tokens[t].end))
}

// isHost reports whether words joined by dots, without www or a path, are a
// host rather than a slip of the space bar or a name in a program.
func (f *Finder) isHost(host, tldStart, end, dots int, tld uint8) bool {
	text := f.text
	upper := classes[text[tldStart]] == isUpper
	if upper {
		// EXAMPLE.COM is a host, "end.It" and ASP.NET are not.
		return classes[text[end-1]] == isUpper && end-tldStart == 3 && text[tldStart] != 'N' && tld == tldPlain
	}
	if tld == tldWord {
		return dots > 1 && classes[text[host]] != isDigit
	}
	first := host
	letters := false
	for first < tldStart-1 && text[first] != '.' {
		letters = letters || classes[text[first]]&(isAlpha|isLatin) != 0
		first++
	}
	return (letters || dots > 1 && classes[text[tldStart-2]]&isAlpha != 0) && first-host >= 2
}
