package detect

// tokenForm is how a service writes its keys: a prefix, and so many characters
// behind it.
type tokenForm struct {
	prefix    string
	low, high int
}

// tokenForms are the forms whose prefix is a word of its own, by that word, and
// those whose prefix begins a word.
var tokenForms = []tokenForm{
	{"ghp_", 36, 255}, {"gho_", 36, 255}, {"ghu_", 36, 255}, {"ghs_", 36, 255}, {"ghr_", 36, 255}, {"github_pat_", 40, 255},
	{"glpat-", 20, 64}, {"xoxb-", 10, 255}, {"xoxp-", 10, 255}, {"xoxa-", 10, 255}, {"xoxr-", 10, 255}, {"xoxs-", 10, 255}, {"xapp-", 20, 255},
	{"sk_live_", 16, 255}, {"sk_test_", 16, 255}, {"rk_live_", 16, 255}, {"rk_test_", 16, 255}, {"pk_live_", 16, 255}, {"pk_test_", 16, 255}, {"whsec_", 20, 255},
	{"sk-", 20, 255}, {"hf_", 30, 64}, {"npm_", 36, 36}, {"shpat_", 32, 32}, {"shpss_", 32, 32}, {"shpca_", 32, 32}, {"shppa_", 32, 32},
	{"pypi-", 50, 255}, {"dop_v1_", 64, 64}, {"doo_v1_", 64, 64}, {"hvs.", 24, 255}, {"GOCSPX-", 20, 64}, {"sq0atp-", 22, 64}, {"sq0csp-", 22, 64}, {"key-", 32, 32},
	{"dckr_pat_", 20, 64}, {"lin_api_", 30, 64}, {"figd_", 30, 64}, {"AGE-SECRET-KEY-", 50, 64}, {"ya29.", 20, 255}, {"SG.", 60, 80}, {"tskey-", 20, 128},
}

// inToken says which bytes keys and tokens are written with.
var inToken = func() (t [256]bool) {
	for b := range t {
		t[b] = classes[b]&isAlnum != 0
	}
	t['_'], t['-'] = true, true
	return t
}()

// tokenByPrefix offers the key that begins at token t, whose word is the prefix
// of some forms.
func (f *Finder) tokenByPrefix(t *token) {
	at := int(t.start)
	if !f.free(at) || !f.on[secretToken] {
		return
	}
	for i := range tokenForms {
		form := &tokenForms[i]
		if !f.hasAt(at, form.prefix) {
			continue
		}
		from := at + len(form.prefix)
		end, digits := from, false
		for end < len(f.text) && (inToken[f.text[end]] || f.text[end] == '.' && (form.prefix == "SG." || form.prefix == "ya29.")) {
			digits = digits || f.isDigitAt(end)
			end++
		}
		for end > from && (f.text[end-1] == '.' || f.text[end-1] == '-') {
			end--
		}
		if n := end - from; n >= form.low && n <= form.high && digits {
			f.add(secretToken, at, end, 1, true, "prefix and length of a service's keys")
			return
		}
	}
}

// tokenWithin offers token t as a key whose prefix is part of the word: of AWS,
// Google, Twilio, and JWT.
func (f *Finder) tokenWithin(t *token) {
	start, end := int(t.start), int(t.end)
	text := f.text[start:end]
	if len(text) < 10 || !f.on[secretToken] || !f.free(start) {
		return
	}
	switch {
	case len(text) == 20 && (f.hasAt(start, "AKIA") || f.hasAt(start, "ASIA") || f.hasAt(start, "AROA") || f.hasAt(start, "AIDA")) && t.kind&isLower == 0:
		f.add(secretToken, start, end, 1, true, "prefix and length of a service's keys")
	case f.hasAt(start, "AIza"):
		if stop := f.tokenEnd(start); stop-start == 39 {
			f.add(secretToken, start, stop, 1, true, "prefix and length of a service's keys")
		}
	case len(text) == 34 && (f.hasAt(start, "AC") || f.hasAt(start, "SK")) && allHex(text[2:]):
		f.add(secretToken, start, end, .9, true, "prefix and length of a service's keys")
	case f.hasAt(start, "eyJ"):
		first := f.tokenEnd(start)
		if f.byteAt(first) != '.' || first-start < 10 {
			return
		}
		second := f.tokenEnd(first + 1)
		if f.byteAt(second) != '.' || second-first < 5 {
			return
		}
		f.add(secretToken, start, f.tokenEnd(second+1), 1, true, "three parts of a JSON web token (RFC 7519)")
	}
}

// longestToken bounds what is read as one key or password.
const longestToken = 4096

// tokenEnd is where the run of bytes of a token from i ends.
func (f *Finder) tokenEnd(i int) int {
	for end := min(len(f.text), i+longestToken); i < end && inToken[f.text[i]]; {
		i++
	}
	return i
}

// secretAfter offers what follows token i, a word such as password or api_key,
// behind = or a colon.
func (f *Finder) secretAfter(i int, word string) {
	at := int(f.tokens[i].end)
	if at <= f.secretTo {
		return
	}
	at = f.skip(at, " \t")
	for f.byteAt(at) == '"' || f.byteAt(at) == '\'' || f.byteAt(at) == ']' || f.byteAt(at) == ' ' {
		at++
	}
	assigned := f.byteAt(at)
	switch {
	case f.hasAt(at, ":="), f.hasAt(at, "=>"):
		at += 2
	case assigned == '=' || assigned == ':':
		at++
	case word == "bearer" || word == "basic":
	case (word == "password" || word == "passwort" || word == "passwd" || word == "pwd" || word == "passphrase") && (f.hasAt(at, "is ") || f.hasAt(at, "ist ")):
		at += 3
	default:
		return
	}
	at = f.skip(at, " \t")
	quote := f.byteAt(at)
	if quote == '"' || quote == '\'' || quote == '`' {
		at++
	} else {
		quote = 0
	}
	for _, scheme := range []string{"Bearer ", "Basic ", "bearer ", "basic "} {
		if f.hasAt(at, scheme) {
			at += len(scheme)
		}
	}
	end := f.secretEnd(at, quote)
	f.secretTo = end
	f.offerSecret(at, end, word, assigned == '=' || quote != 0)
}

// skip passes the bytes of a set.
func (f *Finder) skip(i int, set string) int {
	for i < len(f.text) && f.byteAt(i) != 0 {
		in := false
		for j := range len(set) {
			in = in || f.text[i] == set[j]
		}
		if !in {
			return i
		}
		i++
	}
	return i
}

// secretEnd is where a value from at ends.
func (f *Finder) secretEnd(at int, quote byte) int {
	i := at
	for i < len(f.text) && i-at <= longestToken {
		b := f.text[i]
		if quote != 0 && b == quote || quote == 0 && (b <= ' ' || b == '"' || b == '\'' || b == '<' || b == ',' && f.byteAt(i+1) <= ' ' || b == ';' || b == '&') || b == '\n' {
			break
		}
		i++
	}
	for quote == 0 && i > at && (f.text[i-1] == '.' || f.text[i-1] == ',' || f.text[i-1] == ')' || f.text[i-1] == '}' || f.text[i-1] == ']') {
		i--
	}
	for i < len(f.text) && i > at && classes[f.text[i]] == isCont {
		i++
	}
	return i
}

// offerSecret judges a value: a key is long and mixed, a password is short and no
// plain word unless it was assigned.
func (f *Finder) offerSecret(at, end int, word string, assigned bool) {
	n := end - at
	if n < 4 || n > longestToken || f.hasAt(at, "***") || f.hasAt(at, "${") || f.hasAt(at, "{{") || f.hasAt(at, "<") || f.hasAt(at, "[") {
		return
	}
	kinds := uint8(0)
	signs := false
	for _, b := range f.text[at:end] {
		kinds |= classes[b]
		signs = signs || classes[b] == 0
	}
	switch word {
	case "password", "passwd", "pwd", "passphrase", "passwort", "kennwort", "contraseña", "senha", "wachtwoord", "hasło":
		if n <= 128 && (kinds&isDigit != 0 && kinds&isAlpha != 0 || kinds&isAlpha != 0 && signs && n >= 6 || assigned && n >= 6 || kinds == isDigit && n >= 6) {
			f.add(password, at, end, .85, false, "value of a password")
		}
	default:
		if n >= 16 && kinds&isDigit != 0 && kinds&isAlpha != 0 && f.variety(at, end) >= 8 {
			f.add(secretToken, at, end, .85, false, "long mixed value of a key or token")
		}
	}
}

// variety counts how many different bytes a value has.
func (f *Finder) variety(at, end int) (n int) {
	var seen [256]bool
	for _, b := range f.text[at:end] {
		if !seen[b] {
			seen[b] = true
			n++
		}
	}
	return n
}

// secretNames are the words behind which a password or key stands.
const secretNames = `password passwd pwd passphrase passwort kennwort contraseña senha wachtwoord hasło secret token apikey key bearer basic auth authorization credential`

// keyBlock offers a private key in PEM whose "BEGIN" is token t.
func (f *Finder) keyBlock(t *token) {
	start := int(t.start) - 5
	if start < f.blockTo || !f.hasAt(start, "-----BEGIN ") {
		return
	}
	line := int(t.end)
	for line < len(f.text) && line < int(t.end)+64 && !f.hasAt(line, "-----") {
		line++
	}
	if !f.hasAt(line-len("PRIVATE KEY"), "PRIVATE KEY") && !f.hasAt(line-len("PRIVATE KEY BLOCK"), "PRIVATE KEY BLOCK") {
		return
	}
	for end := line + 5; end < len(f.text); end++ {
		if f.text[end] == '-' && f.hasAt(end, "-----END ") {
			for end += 9; end < len(f.text) && !f.hasAt(end, "-----"); end++ {
			}
			f.blockTo = min(end+5, len(f.text))
			f.add(privateKey, start, f.blockTo, 1, true, "private key in PEM (RFC 7468)")
			return
		}
	}
	f.blockTo = len(f.text)
	f.add(privateKey, start, f.blockTo, 1, true, "private key in PEM (RFC 7468), cut short")
}
