package detect

// ipv4 offers four groups of digits joined by dots that begin with token t.
func (f *Finder) ipv4(i int, t *token) {
	text := f.text
	at := int(t.start)
	if t.len() > 3 || f.byteAt(int(t.end)) != '.' || !f.free(at) {
		return
	}
	if at > 1 && text[at-1] == '.' && classes[text[at-2]]&isAlnum != 0 {
		return
	}
	end, single := f.dotted(at)
	if end < 0 || !f.ends(end) || f.byteAt(end) == '.' && f.isDigitAt(end+1) {
		return
	}
	told := f.near(aboutIP, at, end)
	if told < 0 && (single || f.near(aboutVersion, at, end) >= 0) {
		return
	}
	end = f.prefixLength(end, 32)
	f.add(ipAddress, at, end, score(.9, told), true, "four numbers up to 255")
}

// dotted reads four numbers up to 255, and whether each has one digit only, as
// a chapter's number may.
func (f *Finder) dotted(at int) (end int, single bool) {
	single = true
	repeated := true
	first := -1
	for group := range 4 {
		if group > 0 {
			if f.byteAt(at) != '.' {
				return -1, false
			}
			at++
		}
		n, digits := 0, 0
		for digits < 3 && f.isDigitAt(at) {
			n = n*10 + int(f.text[at]-'0')
			digits++
			at++
		}
		if digits == 0 || n > 255 || f.isDigitAt(at) {
			return -1, false
		}
		if first < 0 {
			first = n
		}
		single = single && digits == 1
		repeated = repeated && n == first
	}
	return at, single && !repeated
}

// prefixLength goes beyond "/24".
func (f *Finder) prefixLength(end, most int) int {
	if f.byteAt(end) != '/' {
		return end
	}
	n, i := 0, end+1
	for i < len(f.text) && i < end+4 && f.isDigitAt(i) {
		n = n*10 + int(f.text[i]-'0')
		i++
	}
	if i == end+1 || n > most || !f.ends(i) || f.byteAt(i) == '/' {
		return end
	}
	return i
}

// colons offers the run of hexadecimal digits and colons around the colon at.
func (f *Finder) colons(at int) {
	text := f.text
	start := at
	for start > 0 && at-start <= 4 && hexValue[text[start-1]] >= 0 {
		start--
	}
	if !f.free(start) || f.byteAt(start-1) == ':' || f.byteAt(start-1) == '.' {
		return // not the run's first colon, or part of a word
	}
	end := start
	for end < len(text) && (hexValue[text[end]] >= 0 || text[end] == ':') {
		end++
	}
	if f.pairs(start, ':') == end && f.ends(end) {
		f.add(macAddress, start, end, .95, true, "six pairs of hexadecimal digits")
		return
	}
	if stop := f.ipv6(start); stop > 0 {
		told := f.near(aboutIP, start, stop)
		f.add(ipAddress, start, stop, score(.9, told), true, "groups of hexadecimal digits (RFC 4291)")
	}
}

// ipv6 is where the address that begins at start ends, -1 if none does.
func (f *Finder) ipv6(start int) int {
	groups, gap, i := 0, false, start
	if f.byteAt(i) == ':' {
		if f.byteAt(i+1) != ':' {
			return -1
		}
		gap = true
		i += 2
	}
	for groups < 8 {
		digits, from := 0, i
		for digits < 5 && i < len(f.text) && hexValue[f.text[i]] >= 0 {
			digits++
			i++
		}
		if digits == 0 {
			break
		}
		if f.byteAt(i) == '.' && f.isDigitAt(i+1) && (groups > 0 || gap) {
			end, _ := f.dotted(from)
			if end < 0 {
				return -1
			}
			i, groups = end, groups+2
			break
		}
		if digits > 4 {
			return -1
		}
		groups++
		if f.byteAt(i) != ':' {
			break
		}
		if f.byteAt(i+1) == ':' {
			if gap {
				return -1
			}
			gap = true
			i += 2
		} else if hexValue[f.byteAt(i+1)] >= 0 && groups < 8 {
			i++
		} else {
			break
		}
	}
	if groups > 8 || gap && groups > 7 || !gap && groups != 8 || groups == 0 {
		return -1
	}
	if groups <= 2 && i-start < 7 && f.byteAt(start) != ':' {
		return -1 // a::b is a name in a program
	}
	if f.byteAt(i) == '%' {
		for i++; i < len(f.text) && classes[f.text[i]]&isAlnum != 0; i++ {
		}
	}
	if !f.ends(i) || f.byteAt(i) == ':' && hexValue[f.byteAt(i+1)] >= 0 || f.byteAt(i) == ':' && f.byteAt(i-1) == ':' {
		return -1
	}
	return f.prefixLength(i, 128)
}

// pairs is where six pairs of hexadecimal digits joined by sep end, -1 if they
// are not at i.
func (f *Finder) pairs(i int, sep byte) int {
	for group := range 6 {
		if group > 0 {
			if f.byteAt(i) != sep {
				return -1
			}
			i++
		}
		if i+2 > len(f.text) || hexValue[f.text[i]] < 0 || hexValue[f.text[i+1]] < 0 {
			return -1
		}
		i += 2
	}
	return i
}

// score raises a score where a word announces the candidate, the more the nearer
// it is.
func score(base float32, distance int) float32 {
	if distance < 0 {
		return base
	}
	return min(1, base+.2-float32(min(distance, 100))/1000)
}
