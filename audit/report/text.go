package report

// Lang is a language of reports, as BCP 47 names it.
type Lang string

// The languages.
const (
	English Lang = "en"
	Thai    Lang = "th"
)

// Langs lists the languages.
func Langs() []Lang { return []Lang{English, Thai} }

// Text is a text in every language.
type Text struct{ EN, TH string }

// In is the text in one language.
func (t Text) In(l Lang) string {
	if l == Thai && t.TH != "" {
		return t.TH
	}
	return t.EN
}

// same is a text that is the same in every language: a name, a number.
func same(s string) Text { return Text{s, s} }

// join puts texts together.
func join(parts ...Text) (t Text) {
	for _, p := range parts {
		t.EN += p.EN
		t.TH += p.TH
	}
	return t
}
