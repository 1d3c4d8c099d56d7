package main

import (
	"bytes"
	"compress/gzip"
	"embed"
	"hash/fnv"
	"io"
	"strings"
	"unicode"

	"lethe/masking/detect/names/internal/tag"
)

//go:embed lists/*
var listFiles embed.FS

//go:embed grammar/*.txt
var grammarFiles embed.FS

// list reads the lines of a list; those of *.gz are zipped.
func list(name string) ([]string, error) {
	b, err := listFiles.ReadFile("lists/" + name)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		if b, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n"), nil
}

// held reports whether a name is kept from training when -hold is given.
func held(name string) bool {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()%8 == 0
}

// lists are the files of names, the rule that each one fills and the class of
// its words.
var lists = []struct {
	file, rule string
	class      tag.Class
}{
	{"first.txt", "first", tag.FirstName},
	{"last.txt", "last", tag.LastName},
	{"places.txt", "place", tag.PlaceName},
	{"regions.txt", "region", tag.RegionName},
	{"words.txt", "word", tag.Common},
	{"th_first.txt", "th_first", tag.FirstName},
	{"th_last.txt", "th_last", tag.LastName},
	{"th_places.txt", "th_place", tag.PlaceName},
	{"th_words.txt.gz", "th_word", tag.ThaiWord},
}

// known are the rules of words.txt whose words have a class.
var known = map[string]tag.Class{
	"title": tag.Title, "streetword": tag.Street, "orgword": tag.OrgWord, "calendar": tag.Calendar, "function": tag.Function,
	"product": tag.Product, "placecue": tag.PlaceCue, "kin": tag.Kin, "othercommon": tag.Common,
	"th_title": tag.Title | tag.ThaiWord, "th_placecue": tag.PlaceCue | tag.ThaiWord, "th_orgcue": tag.OrgWord | tag.ThaiWord,
	"th_kin": tag.Kin | tag.ThaiWord, "th_nick": tag.FirstName,
}

// load reads the lists into the grammar and the lexicon. With hold, one name in
// eight stays out of both, and is left in the returned grammar for tests.
func load(g *grammar, hold bool) (words map[uint32]tag.Class, tests map[string][]string, err error) {
	words, tests = map[uint32]tag.Class{}, map[string][]string{}
	for _, l := range lists {
		all, err := list(l.file)
		if err != nil {
			return nil, nil, err
		}
		dictionary := map[string]bool{}
		for _, name := range all {
			dictionary[name] = l.class == tag.ThaiWord
		}
		for _, name := range all {
			if hold && l.class&(tag.FirstName|tag.LastName|tag.PlaceName) != 0 && held(name) {
				tests[l.rule] = append(tests[l.rule], name)
				continue
			}
			g.rules[l.rule] = append(g.rules[l.rule], strings.ReplaceAll(name, "(", "\\("))
			if l.class == tag.ThaiWord && (glued(name) || cued(name, dictionary)) {
				continue
			}
			put(words, name, l.class)
		}
	}
	files, err := grammarFiles.ReadDir("grammar")
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		b, err := grammarFiles.ReadFile("grammar/" + f.Name())
		if err != nil {
			return nil, nil, err
		}
		g.read(string(b))
	}
	for rule, class := range known {
		for _, w := range g.rules[rule] {
			put(words, w, class)
		}
	}
	return words, tests, nil
}

// glued reports whether a Thai word is two: a preposition or a noun before a
// place or a public body, which would hide where the name starts.
func glued(w string) bool {
	for _, tail := range []string{"ประเทศ", "กระทรวง", "ไทย", "จีน", "ญี่ปุ่น", "ลาว", "พม่า", "พรรค", "ศูนย์", "จังหวัด", "กรุงเทพ", "สภา"} {
		if len(w) > len(tail) && (strings.HasSuffix(w, tail) || tail == "พรรค" && strings.Contains(w[1:], tail)) {
			return true
		}
	}
	return false
}

// cued reports whether a Thai word is another one with a word behind it that begins
// the name of a place: "beside the road" before what the road is called.
func cued(w string, dictionary map[string]bool) bool {
	for _, tail := range []string{"ถนน", "เขต", "วัด", "ภาค", "ซอย", "เกาะ", "แม่น้ำ", "ตำบล", "อำเภอ", "ตะวันตก", "ตะวันออก", "หมู่บ้าน", "สถานี"} {
		if head, ok := strings.CutSuffix(w, tail); ok && dictionary[head] {
			return true
		}
	}
	return false
}

// put adds a name to the words, as it is and without accents.
func put(words map[uint32]tag.Class, name string, class tag.Class) {
	for _, n := range []string{name, plain(name)} {
		parts := strings.FieldsFunc(n, func(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == ',' })
		for i, p := range parts {
			parts[i] = strings.ReplaceAll(p, "’", "'")
		}
		if len(parts) == 0 {
			continue
		}
		if len(parts) == 1 || class&(tag.FirstName|tag.LastName) != 0 {
			for _, p := range parts {
				if len(p) > 1 {
					words[tag.Hash(p)] |= class
				}
			}
			continue
		}
		if class&(tag.PlaceName|tag.RegionName) == 0 {
			continue
		}
		h := tag.Hash(parts[0])
		words[h] |= tag.Prefix
		for i, p := range parts[1:] {
			h = tag.Phrase(h, tag.Hash(p))
			if i == len(parts)-2 {
				words[h] |= class
			} else {
				words[h] |= tag.Prefix
			}
		}
	}
}

// accents is a letter with an accent and the one without, in turn.
const accents = "àaáaâaãaäaåaāaăaąaçcćcčcďdđdèeéeêeëeēeėeęeěeğgģgìiíiîiïiīiįiıiķkĺlļlľlłlñnńnņnňnòoóoôoõoöoøoōoőoŕrřrśsşsšsșsťtţtțtùuúuûuüuūuůuűuųuýyÿyźzżzžzạaảaấaầaẩaẫaậaắaằaẳaẵaặaẹeẻeẽeếeềeểeễeệeỉiịiọoỏoốoồoổoỗoộoơoớoờoởoỡoợoụuủuưuứuừuửuữuựuỳyỵyỷyỹy"

// plain takes the accents off Latin letters.
func plain(s string) string {
	pairs := []rune(accents)
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == unicode.ToLower(r) {
				return pairs[i+1]
			}
		}
		return r
	}, s)
}
