package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func breachKind() Kind {
	return Kind{Name: "breach", Title: Text{"Personal data breach: blast radius", "เหตุการละเมิดข้อมูลส่วนบุคคล: ขอบเขตผลกระทบ"},
		Help: "what a leaked credential (--credential), sink (--sink), file (--file) or range exposed; forms and clocks (--aware)", Wants: Wants{Objects: true}, make: breach}
}

// exposed is a stream in the reach of a breach.
type exposed struct {
	connection Connection
	stream     Stream
	rows       int64
	files      int64
	objects    []Object
	clear      bool // the values as the source has them
}

func breach(w *work) {
	all := w.reach()
	w.scope(all)
	w.exposedData(all)
	w.exposedCounts(all)
	w.exposedFiles(all)
	w.clocks()
	for _, f := range w.laws.Forms {
		if w.applies(f.law()) {
			w.form(f, all)
		}
	}
}

func (f form) law() string { return f.Law }

// applies reports whether a connection names the law; without any all forms are shown.
func (w *work) applies(law string) bool {
	return len(w.Folder.Laws) == 0 || slices.ContainsFunc(w.Folder.Laws, func(l Law) bool { return l.Name == law })
}

// reach lists what was exposed.
func (w *work) reach() (all []exposed) {
	sc := w.Options.Scope
	for _, c := range w.carried() {
		source := sc.Credential != "" && c.From == sc.Credential
		// Where a connection went that nobody declares any more is not known.
		if c.To != "" && !sc.Reaches(c.From, c.To) {
			continue
		}
		for _, st := range c.Streams {
			e := exposed{connection: c, stream: st, clear: source}
			for _, o := range w.Facts.Objects {
				label, name := w.Facts.topicParts(o.Topic)
				if o.Connection == c.Name && name == st.Name && label != "" && (sc.File == "" || o.Name == sc.File) {
					e.rows += o.Rows
					e.objects = append(e.objects, o)
					if o.Name != "" {
						e.files++
					}
				}
			}
			if source {
				e.rows = w.Facts.sum(func(h Hop) bool { return h.Stage == "ingest" && h.Owner == c.From && h.Stream == st.Name }).In
			}
			if sc.File == "" || e.files > 0 {
				all = append(all, e)
			}
		}
	}
	return all
}

// Keys is the credential that the keyring is.
const Keys = "keys"

func (w *work) scope(all []exposed) {
	s := w.section("scope", "", "Scope", "ขอบเขต")
	sc := w.Options.Scope
	t := &Table{ID: "scope", Caption: Text{"What was exposed", "สิ่งที่ถูกเปิดเผย"}, Columns: []Column{col("what", "What", "รายการ"), wide("value", 4, "Value", "ค่า")}}
	said := func(v string) Cell {
		if v == "" {
			return term("any", Text{"any", "ทั้งหมด"})
		}
		return word(v)
	}
	t.row(term("credential", Text{"Credential", "ข้อมูลรับรอง"}), said(sc.Credential))
	t.row(term("sink", Text{"Sink", "ปลายทาง"}), said(sc.Sink))
	t.row(term("file", Text{"File", "ไฟล์"}), said(sc.File))
	t.row(term("range", words("range")), term("", w.span()))
	t.row(term("streams", Text{"Streams in reach", "สตรีมที่อยู่ในขอบเขต"}), number(len(all)))
	s.table(t)
	w.gone(s, all)
	for _, e := range all {
		if e.clear {
			s.note("The credential is that of a source: whoever has it reads the source itself, where nothing is masked. What they read there no log of ours shows.",
				"ข้อมูลรับรองเป็นของแหล่งข้อมูล ผู้ที่มีสามารถอ่านแหล่งข้อมูลซึ่งไม่ได้ปิดบัง และบันทึกนี้ไม่แสดงสิ่งที่ถูกอ่านจากแหล่งโดยตรง")
			break
		}
	}
	if sc.Credential == Keys {
		s.note("The credential is the keyring: whoever has it and the data opens what encrypt, tokenize and fpe masked for persons who were not erased, and finds hmac pseudonyms of values that they can guess. Begin a new epoch (lethe keys rotate).",
			"ข้อมูลรับรองคือพวงกุญแจ ผู้ที่มีทั้งกุญแจและข้อมูลสามารถเปิดค่าที่ encrypt tokenize และ fpe ปิดบังไว้ และเดาค่าที่ hmac แฝงไว้ได้ ควรเริ่มรุ่นกุญแจใหม่ (lethe keys rotate)")
	}
}

// state is what whoever has the data can read of a field.
func (w *work) state(e exposed, f Field) Cell {
	keys := w.Options.Scope.Credential == Keys
	switch {
	case e.clear, f.Result == "clear":
		return term("clear", Text{"clear", "ไม่ปิดบัง"})
	case f.Result == "removed":
		return resultCell("removed")
	case f.Result == resultUnknown:
		return resultCell(f.Result)
	case keys:
		return term("pseudonymised-keys-exposed", Text{"pseudonymised, and the keys are exposed", "แฝงข้อมูล แต่กุญแจถูกเปิดเผย"})
	case f.Operator == "encrypt":
		c := term("encrypted", Text{"encrypted; the keys are not exposed", "เข้ารหัส และกุญแจไม่ถูกเปิดเผย"})
		c.IRI = dpv + "Encryption"
		return c
	}
	return resultCell(f.Result)
}

func (w *work) exposedData(all []exposed) {
	s := w.section("data", "", "Which personal data, masked how", "ข้อมูลส่วนบุคคลใด และปิดบังอย่างไร")
	t := &Table{ID: "data", Caption: Text{"Fields in reach, with those of class public and internal left out", "ฟิลด์ในขอบเขต ไม่รวมประเภท public และ internal"}, Empty: Text{"no personal data is in reach", "ไม่มีข้อมูลส่วนบุคคลในขอบเขต"}, Columns: []Column{
		wide("stream", 2, "Stream", "สตรีม"), col("field", "Field", "ฟิลด์"), col("element", "What it is about", "เกี่ยวกับ"), col("class", "Class", "ประเภท"), col("operator", "Masked by", "วิธีปิดบัง"), wide("state", 2, "What can be read", "สิ่งที่อ่านได้")}}
	for _, e := range all {
		for _, f := range e.stream.Fields {
			if f.Class != "public" && f.Class != "internal" {
				t.row(word(e.stream.Name), word(f.Path), w.element(f), word(f.Class), operatorCell(f.Operator), w.state(e, f))
			}
		}
	}
	s.table(t)
}

// exposedFiles lists what lay in the sinks, each by the receipt that names it.
func (w *work) exposedFiles(all []exposed) {
	s := w.section("files", "", "Which files", "ไฟล์ใด")
	var objects []*lying
	for _, e := range all {
		for _, o := range e.objects {
			objects = append(objects, &lying{Object: o, offsets: []string{fmt.Sprintf("%d-%d", o.From, o.To-1)}})
		}
	}
	slices.SortFunc(objects, func(a, b *lying) int { return cmp.Compare(a.Leaf, b.Leaf) })
	s.say("What was loaded in the range. A sink holds also what was loaded before, unless it was deleted there: for what a credential reaches by now, leave --from out.", "แสดงสิ่งที่ส่งถึงปลายทางในช่วงเวลานี้ ปลายทางยังมีข้อมูลที่ส่งก่อนหน้าหากไม่ได้ลบที่นั่น หากต้องการดูทุกสิ่งที่ข้อมูลรับรองเข้าถึงได้ ให้ไม่ระบุ --from")
	w.listed(s, objects, Text{"Offsets that it holds", "ออฟเซ็ตในไฟล์"}, Text{"no receipt of a sink in this range is in reach", "ไม่มีใบรับของปลายทางในช่วงเวลานี้ที่อยู่ในขอบเขต"})
}

func (w *work) exposedCounts(all []exposed) {
	s := w.section("numbers", "", "How many records and persons", "จำนวนระเบียนและบุคคล")
	t := &Table{ID: "numbers", Caption: Text{"Counted from receipts", "นับจากใบรับ"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{col("connection", "Connection", "การเชื่อมต่อ"), wide("stream", 2, "Stream", "สตรีม"), counts("rows", "Records", "ระเบียน"), counts("files", "Files", "ไฟล์"), col("persons", "Persons", "บุคคล")}}
	counted := w.Facts.Counted
	for _, e := range all {
		persons := term("at-most", Text{"at most " + grouped(e.rows), "ไม่เกิน " + grouped(e.rows)})
		switch {
		case e.stream.Subject == "" && !e.stream.Gone:
			persons = term("none", Text{"the policy says that rows are about nobody", "นโยบายระบุว่าแถวไม่เกี่ยวกับบุคคล"})
		case counted != nil && counted.Streams[e.stream.Name] > 0:
			persons = number(counted.Streams[e.stream.Name])
		}
		t.row(word(e.connection.Name), word(e.stream.Name), number(e.rows), number(e.files), persons)
	}
	s.table(t)
	if counted == nil || counted.Distinct == 0 {
		s.note("Persons could not be counted: there is no index of subjects for these records, or it was not asked. Each record counts as a person, and changes of one row count again, so that the number is an upper bound.",
			"ไม่สามารถนับจำนวนบุคคลได้ เนื่องจากไม่มีดัชนีบุคคลหรือไม่ได้ถาม แต่ละระเบียนนับเป็นหนึ่งบุคคล และการแก้ไขแถวเดิมนับซ้ำ ตัวเลขจึงเป็นค่าสูงสุด")
		return
	}
	s.say("Different persons over all streams, from the index of subjects: "+grouped(counted.Distinct)+".", "จำนวนบุคคลที่ไม่ซ้ำกันจากทุกสตรีม ตามดัชนีบุคคล: "+grouped(counted.Distinct))
	w.uncovered(s, counted.Reach)
}

// uncovered tells what the index of subjects does not cover.
func (w *work) uncovered(s *Section, r Reach) {
	if !r.whole() {
		s.note(fmt.Sprintf("Not covered: %s whose index is deleted or lost, and %s without one. There may be more.", several(r.Gone, "batch"), several(r.Unindexed, "record")),
			fmt.Sprintf("ไม่ครอบคลุม: ชุดข้อมูล %s ชุดที่ดัชนีถูกลบหรือสูญหาย และระเบียน %s รายการที่ไม่มีดัชนี จึงอาจมีมากกว่านี้", grouped(r.Gone), grouped(r.Unindexed)))
	}
}

// clocks shows when what is due.
func (w *work) clocks() {
	s := w.section("clocks", "", "Clocks", "กำหนดเวลา")
	aware := w.Options.Scope.Aware
	if aware.IsZero() {
		s.note("When somebody became aware was not given (--aware): no clock is running here.", "ไม่ได้ระบุเวลาที่ทราบเหตุ (--aware) จึงยังไม่คำนวณกำหนดเวลา")
	} else {
		s.say("Counted from "+when(aware)+" for every clock, whatever it begins with; where another event begins it, count from that.", "นับจาก "+when(aware)+" สำหรับทุกกำหนดเวลา หากกำหนดเวลาใดเริ่มจากเหตุอื่น ให้นับจากเหตุนั้น")
	}
	t := &Table{ID: "clocks", Caption: Text{"Whom to tell by when", "ต้องแจ้งใครภายในเมื่อใด"}, Columns: []Column{col("law", "Law", "กฎหมาย"), col("section", "Section", "มาตรา"), wide("to", 3, "To", "แจ้งถึง"), col("within", "Within", "ภายใน"), wide("from", 2, "From", "นับจาก"), col("effective", "In force since", "มีผลตั้งแต่"), col("due", "Due", "ครบกำหนด")}}
	for _, f := range w.laws.Forms {
		if !w.applies(f.Law) {
			continue
		}
		for _, c := range f.Clocks {
			within, due := term("undue-delay", Text{"without undue delay", "โดยไม่ชักช้า"}), word("–")
			d := time.Duration(c.Hours)*time.Hour + time.Duration(c.Days)*24*time.Hour
			if d > 0 {
				within = term(d.String(), Text{fmt.Sprintf("%d hours", c.Hours), fmt.Sprintf("%d ชั่วโมง", c.Hours)})
				if c.Days > 0 {
					within = term(d.String(), Text{fmt.Sprintf("%d calendar days", c.Days), fmt.Sprintf("%d วัน", c.Days)})
				}
				switch {
				case aware.IsZero():
				case aware.Format(time.DateOnly) < f.Effective:
					due = term("not-in-force", Text{"not in force then", "ยังไม่มีผลใช้บังคับในขณะนั้น"})
				default:
					due = at(aware.Add(d))
				}
			}
			section, effective := word(c.Section), Cell{ID: f.Effective, when: true}
			section.Marked, effective.Marked = c.Recalled, f.Recalled
			t.row(word(f.Law), section, term("", c.To.text()), within, term("", c.From.text()), effective, due)
		}
	}
	s.table(t)
}

// form fills a law's form as far as the log and the folder can.
func (w *work) form(f form, all []exposed) {
	s := w.section("form-"+f.ID, f.Section, f.Title.EN, f.Title.TH)
	s.say("Source: "+f.Source+".", "แหล่งที่มา: "+f.Source)
	if p := f.Pending.text(); p.EN != "" {
		s.note(p.EN, p.TH)
	}
	t := &Table{ID: "form-" + f.ID, Caption: Text{"To be completed by a person", "ต้องให้บุคคลกรอกให้ครบถ้วน"}, Columns: []Column{col("section", "Section", "มาตรา"), wide("asked", 2, "Asked", "หัวข้อ"), wide("answer", 4, "Answer", "คำตอบ")}}
	for _, a := range f.Fields {
		section := word(a.Section)
		section.Marked = a.Recalled
		t.row(section, term("", a.Ask.text()), term("", w.answer(a.Fill, all)))
	}
	s.table(t)
}

// answer says what the report knows.
func (w *work) answer(fill string, all []exposed) Text {
	rows, about := int64(0), map[string]string{}
	for _, e := range all {
		if e.stream.Subject != "" || e.stream.Gone {
			rows += e.rows
		}
		for _, f := range e.stream.Fields {
			if st := w.state(e, f); f.Class != "public" && f.Class != "internal" && st.ID != "removed" {
				name := cmp.Or(f.Element, f.Class, f.Path)
				about[name+" ("+st.ID+")"] = name + " – " + st.Text.In(Thai)
			}
		}
	}
	persons, most := Text{"at most " + grouped(rows), "ไม่เกิน " + grouped(rows)}, rows
	if c := w.Facts.Counted; c != nil && c.Distinct > 0 {
		persons, most = Text{"at least " + grouped(c.Distinct), "อย่างน้อย " + grouped(c.Distinct)}, max(rows, int64(c.Distinct))
		if c.whole() {
			persons, most = same(grouped(c.Distinct)), int64(c.Distinct)
		}
	}
	switch fill {
	case "nature":
		list := strings.Join(slices.Sorted(maps.Keys(about)), ", ")
		return Text{"Personal data in reach: " + list, "ข้อมูลส่วนบุคคลในขอบเขต: " + strings.Join(slices.Sorted(maps.Values(about)), ", ")}
	case "numbers":
		return Text{"Persons: " + persons.EN + "; records about persons: " + grouped(rows), "บุคคล: " + persons.TH + " ราย ระเบียนเกี่ยวกับบุคคล: " + grouped(rows)}
	case "threshold":
		if most < 500 {
			return Text{"Fewer than 500 persons (" + persons.EN + "); significant harm is for people to judge", "น้อยกว่า 500 ราย (" + persons.TH + ") ส่วนความเสียหายอย่างมีนัยสำคัญให้บุคคลพิจารณา"}
		}
		return Text{"Possibly 500 persons or more (" + persons.EN + ")", "อาจตั้งแต่ 500 รายขึ้นไป (" + persons.TH + ")"}
	case "contact":
		d := w.Folder.Record.DPO
		if d.Name == "" {
			return Text{"(not declared in ropa.yaml)", "(ยังไม่ได้ประกาศใน ropa.yaml)"}
		}
		return same(strings.Join([]string{d.Name, d.Contact}, ", "))
	case "measures":
		return Text{"Fields were masked before they were delivered, as the table above says; what is encrypted is unintelligible to whoever has no key. Further measures: ", "ฟิลด์ถูกปิดบังก่อนส่งตามตารางข้างต้น ค่าที่เข้ารหัสไม่อาจเข้าใจได้หากไม่มีกุญแจ มาตรการเพิ่มเติม: "}
	}
	return Text{"(to be filled in)", "(โปรดกรอก)"}
}
