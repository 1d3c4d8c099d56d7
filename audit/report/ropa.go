package report

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

func ropaKind() Kind {
	return Kind{Name: "ropa", Title: Text{"Record of processing activities", "บันทึกรายการกิจกรรมการประมวลผล"},
		Help: "GDPR Art. 30, PDPA Thailand ss.39 and 40: observed flows beside those that ropa.yaml declares", make: ropa}
}

// ropa writes the sections in the order of Art. 30(1), with those that s.39 has beside. A
// processor's record has them as well, and the letter where Art. 30(2) asks for one.
func ropa(w *work) {
	own := len(w.Folder.Record.Processor) == 0
	clause := func(controller, processor, thai string) string {
		if own {
			return "GDPR Art. 30(1)" + controller + "; PDPA s.39" + thai + " ○"
		}
		if processor == "" {
			return "PDPA s.40(3) ○"
		}
		return "GDPR Art. 30(2)" + processor + " ○; PDPA s.40(3) ○"
	}
	w.parties(clause("(a)", "(a)", "(3)"))
	w.purposes(clause("(b)", "(b)", "(2)"))
	w.categories(clause("(c)", "(b)", "(1)"))
	w.recipients(clause("(d)", "", "(6)"))
	w.transfers(clause("(e)", "(c)", "(6)") + "; PDPA ss.28–29")
	w.limits(clause("(f)", "", "(4)"))
	rights := "PDPA s.39(5), (7) ○"
	if !own {
		rights = "" // the controller's to keep
	}
	w.rights(rights)
	w.measures(clause("(g)", "(d)", "(8)"))
	w.differences()
}

// undeclared says that people have not said something yet.
func undeclared() Cell {
	return term("", Text{"not declared in ropa.yaml", "ยังไม่ได้ประกาศใน ropa.yaml"})
}

// declared is what people said.
var gdprBasis = regexp.MustCompile(`GDPR Art\. ?6\(1\)\(([a-f])\)`)

func declared(s string) Cell {
	if s == "" {
		return undeclared()
	}
	return Cell{ID: s}
}

func (w *work) parties(clause string) {
	s := w.section("parties", clause, "Controller, representative, data protection officer", "ผู้ควบคุมข้อมูลส่วนบุคคล ตัวแทน และเจ้าหน้าที่คุ้มครองข้อมูลส่วนบุคคล")
	t := &Table{ID: "parties", Caption: Text{"Declared in ropa.yaml", "ประกาศใน ropa.yaml"}, Columns: []Column{
		col("role", "Role", "บทบาท"), col("name", "Name", "ชื่อ"), col("address", "Address", "ที่อยู่"), col("contact", "Contact", "ติดต่อ"), col("representative", "Representative", "ตัวแทน")}}
	row := func(id, iri string, role Text, p Party) {
		c := term(id, role)
		c.IRI = dpv + iri
		representative := Cell{ID: cmp.Or(p.Representative, "–")}
		t.row(c, declared(p.Name), declared(p.Address), declared(p.Contact), representative)
	}
	r := w.Folder.Record
	for _, p := range r.Processor {
		row("controller-served", "DataController", Text{"Controller on whose behalf", "ผู้ควบคุมข้อมูลส่วนบุคคลที่มอบหมาย"}, p)
	}
	if len(r.Processor) > 0 {
		row("processor", "DataProcessor", Text{"Processor", "ผู้ประมวลผลข้อมูลส่วนบุคคล"}, r.Controller)
	} else {
		row("controller", "DataController", Text{"Controller", "ผู้ควบคุมข้อมูลส่วนบุคคล"}, r.Controller)
	}
	for _, p := range r.Joint {
		row("joint", "JointDataControllers", Text{"Joint controller", "ผู้ควบคุมข้อมูลส่วนบุคคลร่วม"}, p)
	}
	row("dpo", "DataProtectionOfficer", Text{"Data protection officer", "เจ้าหน้าที่คุ้มครองข้อมูลส่วนบุคคล"}, r.DPO)
	s.table(t)
}

// purpose gives what is declared about a purpose.
func (w *work) purpose(name string) Purpose {
	i := slices.IndexFunc(w.Folder.Record.Purposes, func(p Purpose) bool { return p.Name == name })
	if i < 0 {
		return Purpose{Name: name}
	}
	return w.Folder.Record.Purposes[i]
}

// used lists the purposes of connections.
func (w *work) used() []string {
	seen := map[string]bool{}
	for _, c := range w.Folder.Connections {
		seen[c.Purpose] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func (w *work) purposes(clause string) {
	s := w.section("purposes", clause, "Purposes", "วัตถุประสงค์")
	t := &Table{ID: "purposes", Caption: Text{"Purposes of connections", "วัตถุประสงค์ของการเชื่อมต่อ"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{
		col("purpose", "Purpose", "วัตถุประสงค์"), wide("description", 3, "Declared as", "คำประกาศ"), wide("basis", 2, "Lawful basis", "ฐานทางกฎหมาย"), col("connections", "Connections", "การเชื่อมต่อ"), counts("delivered", "Records delivered in range", "ระเบียนที่ส่งในช่วงเวลา")}}
	for _, name := range w.used() {
		var connections []string
		delivered := int64(0)
		for _, c := range w.Folder.Connections {
			if c.Purpose == name {
				connections = append(connections, c.Name)
				delivered += w.Facts.sum(func(h Hop) bool { return h.Stage == "mask" && h.Owner == c.Name }).Delivered
			}
		}
		p := w.purpose(name)
		c := word(name)
		c.IRI = w.laws.Terms["purpose."+name]
		basis := declared(strings.Join(p.Basis, "\n"))
		for _, b := range p.Basis {
			if point := gdprBasis.FindStringSubmatch(b); point != nil && basis.IRI == "" {
				basis.IRI = w.laws.Terms["basis."+point[1]]
			}
		}
		t.row(c, declared(p.Description), basis, word(strings.Join(connections, ", ")), number(delivered))
	}
	s.table(t)
}

// category is what is known of an element in the streams of a purpose.
type category struct{ purpose, element, class string }

// categoriesOf lists elements of persons by purpose, with the streams and what is left.
func (w *work) categoriesOf() (keys []category, streams, results map[category][]string) {
	streams, results = map[category][]string{}, map[category][]string{}
	for _, c := range w.Folder.Connections {
		for _, st := range c.Streams {
			for _, f := range st.Fields {
				if f.Class == "public" || f.Class == "internal" {
					continue
				}
				k := category{c.Purpose, cmp.Or(f.Element, "–"), f.Class}
				if !slices.Contains(streams[k], st.Name) {
					streams[k] = append(streams[k], st.Name)
				}
				if !slices.Contains(results[k], f.Result) {
					results[k] = append(results[k], f.Result)
				}
			}
		}
	}
	keys = slices.SortedFunc(maps.Keys(streams), func(a, b category) int {
		return cmp.Or(cmp.Compare(a.purpose, b.purpose), cmp.Compare(a.element, b.element), cmp.Compare(a.class, b.class))
	})
	return keys, streams, results
}

func (w *work) categories(clause string) {
	s := w.section("categories", clause, "Categories of persons and of personal data", "ประเภทของเจ้าของข้อมูลส่วนบุคคลและข้อมูลส่วนบุคคล")
	keys, streams, results := w.categoriesOf()
	t := &Table{ID: "categories", Caption: Text{"What contracts and policies say streams hold", "สิ่งที่สัญญาข้อมูลและนโยบายระบุว่าสตรีมมี"}, Empty: Text{"no field of personal data is known", "ไม่พบฟิลด์ข้อมูลส่วนบุคคล"}, Columns: []Column{
		col("purpose", "Purpose", "วัตถุประสงค์"), col("element", "Data", "ข้อมูล"), col("class", "Class", "ประเภท"), wide("subjects", 2, "Persons (declared)", "เจ้าของข้อมูลส่วนบุคคล (ประกาศ)"), wide("streams", 3, "Streams", "สตรีม"), wide("result", 2, "At the sink", "ที่ปลายทาง")}}
	for _, k := range keys {
		element := word(k.element)
		element.IRI = w.laws.iri(k.element)
		result := resultCell(results[k][0])
		for _, r := range results[k][1:] {
			more := resultCell(r)
			result = Cell{ID: result.ID + "\n" + more.ID, Text: join(result.Text, same("\n"), more.Text)}
		}
		t.row(word(k.purpose), element, word(k.class), declared(strings.Join(w.purpose(k.purpose).Subjects, ", ")), word(strings.Join(streams[k], "\n")), result)
	}
	s.table(t)
}

// recipient gives what is declared about a sink.
func (w *work) recipient(sink string) Recipient {
	i := slices.IndexFunc(w.Folder.Record.Recipients, func(r Recipient) bool { return r.Sink == sink })
	if i < 0 {
		return Recipient{Sink: sink}
	}
	return w.Folder.Record.Recipients[i]
}

func (w *work) recipients(clause string) {
	s := w.section("recipients", clause, "Recipients", "ผู้รับข้อมูล")
	t := &Table{ID: "recipients", Caption: Text{"What was delivered, by sink and stream", "ข้อมูลที่ส่ง แยกตามปลายทางและสตรีม"}, Empty: Text{"nothing was delivered in this range", "ไม่มีการส่งข้อมูลในช่วงเวลานี้"}, Columns: []Column{
		col("sink", "Sink", "ปลายทาง"), wide("name", 2, "Recipient (declared)", "ผู้รับ (ประกาศ)"), col("region", "Region", "ภูมิภาค"), col("stream", "Stream", "สตรีม"), col("label", "Label", "ป้ายข้อมูล"), counts("rows", "Rows", "แถว"), col("first", "First", "ครั้งแรก"), col("last", "Last", "ครั้งล่าสุด")}}
	for _, o := range w.Facts.observed() {
		sink := Sink{}
		if c, ok := w.connection(o.Connection); ok {
			sink = w.sink(c.To)
		} else {
			sink.Name = o.Connection // a connection that was given up since
		}
		r := w.recipient(sink.Name)
		name := r.Name
		if r.Processor {
			name += " (processor)"
		}
		t.row(word(sink.Name), declared(name), word(sink.Region), word(o.Stream), word(o.Label), number(o.Load.Rows), at(o.Load.First), at(o.Load.Last))
	}
	s.table(t)
}

func (w *work) transfers(clause string) {
	s := w.section("transfers", clause, "Transfers to other countries", "การส่งหรือโอนข้อมูลไปต่างประเทศ")
	t := &Table{ID: "transfers", Caption: Text{"Sinks outside the home regions of a law", "ปลายทางนอกภูมิภาคของกฎหมาย"}, Empty: Text{"no sink lies outside the home regions of the laws that its connections name", "ไม่มีปลายทางนอกภูมิภาคของกฎหมายที่เกี่ยวข้อง"}, Columns: []Column{
		col("sink", "Sink", "ปลายทาง"), col("region", "Region", "ภูมิภาค"), col("law", "Law", "กฎหมาย"), col("mechanism", "Mechanism (declared)", "กลไก (ประกาศ)"), wide("safeguards", 2, "Safeguards (declared)", "มาตรการคุ้มครอง (ประกาศ)")}}
	for _, c := range w.Folder.Connections {
		sink := w.sink(c.To)
		r := w.recipient(sink.Name)
		for _, l := range w.Folder.Laws {
			if slices.Contains(c.Packs, l.Name) && len(l.Home) > 0 && !slices.Contains(l.Home, sink.Region) {
				t.row(word(sink.Name), word(sink.Region), word(l.Name), declared(r.Mechanism), declared(r.Safeguards))
			}
		}
	}
	s.table(t)
}

func (w *work) limits(clause string) {
	s := w.section("limits", clause, "Time limits for erasure", "ระยะเวลาการเก็บรักษา")
	t := &Table{ID: "limits", Caption: Text{"Retention", "การเก็บรักษา"}, Columns: []Column{wide("what", 2, "What", "ข้อมูล"), wide("keep", 2, "Kept for", "เก็บไว้"), col("said", "Said by", "ที่มา")}}
	for _, name := range w.used() {
		t.row(word(name), declared(w.purpose(name).Retention), word("ropa.yaml"))
	}
	t.row(term("raw", Text{"raw records, encrypted", "ระเบียนดิบ (เข้ารหัส)"}), term("masked", Text{"until every connection has masked them; told when older than " + days(w.Folder.RawMaxAge), "จนกว่าทุกการเชื่อมต่อจะปิดบังแล้ว และแจ้งเตือนเมื่อเกิน " + days(w.Folder.RawMaxAge)}), word("lethe.yaml"))
	t.row(term("quarantine", Text{"quarantined records, encrypted", "ระเบียนที่กักกัน (เข้ารหัส)"}), term(days(w.Folder.Quarantine), Text{days(w.Folder.Quarantine) + ", then their keys are destroyed", days(w.Folder.Quarantine) + " แล้วทำลายกุญแจ"}), word("lethe"))
	keep := term(days(w.Folder.Keep), same(days(w.Folder.Keep)))
	if w.Folder.Keep == 0 {
		keep = term("forever", Text{"for ever", "ตลอดไป"})
	}
	t.row(term("masked", Text{"masked records in topics", "ระเบียนที่ปิดบังแล้วในหัวข้อ"}), keep, word("lethe.yaml"))
	s.table(t)
	s.note("Rows in sinks are not deleted by this build: who runs a sink deletes them by the retention that is declared.", "รุ่นนี้ไม่ลบแถวในปลายทาง ผู้ดูแลปลายทางต้องลบตามระยะเวลาที่ประกาศ")
}

// days writes a time in days or hours.
func days(d time.Duration) string {
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

func (w *work) rights(clause string) {
	s := w.section("rights", clause, "Rights of persons, and refusals", "สิทธิของเจ้าของข้อมูลส่วนบุคคล และการปฏิเสธคำขอ")
	if r := w.Folder.Record.Rights; r != "" {
		s.say(r, r)
	} else {
		s.note("How persons exercise their rights is not declared in ropa.yaml.", "ยังไม่ได้ประกาศวิธีการใช้สิทธิใน ropa.yaml")
	}
	t := &Table{ID: "refusals", Caption: Text{"Refused requests (declared)", "คำขอที่ปฏิเสธ (ประกาศ)"}, Empty: Text{"none is declared", "ไม่มีการประกาศ"}, Columns: []Column{col("date", "Date", "วันที่"), col("section", "Section", "มาตรา"), wide("reason", 3, "Reason", "เหตุผล")}}
	for _, r := range w.Folder.Record.Refusals {
		t.row(word(r.Date), word(r.Section), Cell{ID: r.Reason})
	}
	s.table(t)
	if n := len(w.Facts.Shreds); n > 0 {
		s.say("Erasures in this range, which the log has: "+several(n, "entry")+".", fmt.Sprintf("ในช่วงเวลานี้มีการลบข้อมูลตามคำขอ %d ครั้ง ตามรายการในบันทึก", n))
	}
}
