package report

import (
	"fmt"
	"slices"
	"strings"
)

func accessKind() Kind {
	return Kind{Name: "access", Title: Text{"Subject access: where a person's data went", "การขอเข้าถึงข้อมูลส่วนบุคคล: ข้อมูลถูกส่งไปที่ใด"},
		Help: "sinks, files, ranges, purposes and times for a person, whose identifier comes on standard input (--stream)", Wants: Wants{Objects: true}, make: access}
}

func access(w *work) {
	w.person()
	all := w.about()
	w.purposesOf(all)
	w.dataOf(all)
	if w.Facts.Found != nil {
		at := w.lies()
		w.arrived(at)
		w.files(at)
		w.found()
	}
	w.went(all)
	w.storage()
}

// storage tells how long, which rights, and where the data came from.
func (w *work) storage() {
	w.limits("GDPR Art. 15(1)(d) ○; PDPA s.30")
	s := w.section("rights", "GDPR Art. 15(1)(e), (f), (h) ○; PDPA ss.30–36 ○", "Rights, and complaint", "สิทธิ และการร้องเรียน")
	if r := w.Folder.Record.Rights; r != "" {
		s.say(r, r)
	} else {
		s.note("How persons exercise their rights is not declared in ropa.yaml.", "ยังไม่ได้ประกาศวิธีการใช้สิทธิใน ropa.yaml")
	}
	s.say("Lethe takes no automated decision about a person; what readers of a sink do with the data it does not know.", "ระบบนี้ไม่ตัดสินใจอัตโนมัติเกี่ยวกับบุคคล และไม่ทราบว่าผู้อ่านปลายทางใช้ข้อมูลอย่างไร")
}

func (w *work) person() {
	s := w.section("person", "", "The person", "บุคคล")
	p := w.Options.Person
	if p.Stream == "" {
		s.note("No identifier was given: what follows is about every person of every stream.", "ไม่ได้ระบุตัวบุคคล ข้อมูลต่อไปนี้เกี่ยวกับทุกบุคคลในทุกสตรีม")
	} else {
		s.say("An identifier was given as rows of "+p.Stream+" have it, and is one that a row can have. It is not shown here. Where the broker was asked, the log has a commitment to the person, which nobody makes again after an erasure.", "มีการระบุตัวบุคคลตามรูปแบบของแถวใน "+p.Stream+" และเป็นค่าที่แถวมีได้ ค่านั้นไม่แสดงในรายงาน หากมีการถามโบรกเกอร์ บันทึกจะมีเพียงค่าผูกมัดถึงบุคคล ซึ่งสร้างซ้ำไม่ได้หลังการลบข้อมูล")
		if p.Erased {
			s.say("The person was erased: the keys of that person are destroyed, and what was encrypted or tokenised under them is unreadable.", "บุคคลนี้ถูกลบแล้ว กุญแจถูกทำลาย ค่าที่เข้ารหัสหรือแทนด้วยโทเคนจึงอ่านไม่ได้")
		}
	}
	if w.Facts.Found == nil {
		s.note("The index of subjects was not asked: the report says where rows of the person's streams went, and when. That the person is in each of those ranges is not said; of deliveries of these streams to anywhere else the log shows none.",
			"ไม่ได้ถามดัชนีบุคคล รายงานแสดงว่าแถวของสตรีมที่เกี่ยวข้องถูกส่งไปที่ใดและเมื่อใด แต่ไม่ได้ยืนยันว่าบุคคลนี้อยู่ในทุกช่วง และบันทึกไม่แสดงการส่งสตรีมเหล่านี้ไปที่อื่น")
	}
}

// shown is how many batches, and how many files, are listed.
const shown = 500

// found lists the batches that hold rows about the person, as the index has them.
func (w *work) found() {
	f := w.Facts.Found
	s := w.section("batches", "GDPR Art. 15(1)(c) ○; PDPA s.30", "Batches with records about the person", "ชุดข้อมูลที่มีระเบียนเกี่ยวกับบุคคล")
	s.say("From the index of subjects, which receipts name by its hash. Ranges hold records of others, too.", "จากดัชนีบุคคลซึ่งใบรับอ้างถึงด้วยแฮช ช่วงออฟเซ็ตมีระเบียนของบุคคลอื่นด้วย")
	t := &Table{ID: "batches", Caption: Text{"Oldest first", "เรียงจากเก่าสุด"}, Empty: Text{"the index names none", "ดัชนีไม่มีรายการ"}, Columns: []Column{
		col("time", "Masked at", "ปิดบังเมื่อ"), wide("stream", 2, "Stream", "สตรีม"), col("sink", "Sink", "ปลายทาง"), col("purpose", "Purpose", "วัตถุประสงค์"), counts("records", "Records", "ระเบียน"), wide("ranges", 4, "Among these offsets of masked topics", "ในช่วงออฟเซ็ตของหัวข้อ"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	for _, b := range f.Batches[:min(len(f.Batches), shown)] {
		w.prove(b.Leaf)
		var ranges []string
		for _, r := range b.Ranges {
			ranges = append(ranges, r.String())
		}
		t.row(at(b.Time), word(b.Stream), word(w.destination(b.Connection)), word(b.Purpose), number(b.Records), word(strings.Join(ranges, "\n")), number(b.Leaf))
	}
	s.table(t)
	if n := len(f.Batches) - shown; n > 0 {
		s.note(several(n, "batch")+" more were found.", fmt.Sprintf("พบอีก %d ชุด", n))
	}
	w.uncovered(s, f.Reach)
	t = &Table{ID: "acts", Caption: Text{"Actions of people that concerned the person", "การกระทำที่เกี่ยวข้องกับบุคคล"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{col("action", "Action", "การกระทำ"), wide("time", 2, "Time", "เวลา"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	for _, a := range f.Acts {
		w.prove(a.Leaf)
		t.row(word(a.Kind), at(a.Time), number(a.Leaf))
	}
	s.table(t)
}

// about lists the streams that may hold rows about the person: those whose persons
// are called by the same kind of identifier.
func (w *work) about() (all []exposed) {
	kinds := []string{}
	for _, c := range w.Folder.Connections {
		for _, st := range c.Streams {
			if st.Name == w.Options.Person.Stream {
				kinds = append(kinds, st.Persons...)
			}
		}
	}
	for _, c := range w.carried() {
		for _, st := range c.Streams {
			same := slices.ContainsFunc(st.Persons, func(p string) bool { return slices.Contains(kinds, p) })
			if st.Gone || st.Subject != "" && (w.Options.Person.Stream == "" || same) {
				all = append(all, exposed{connection: c, stream: st})
			}
		}
	}
	return all
}

func (w *work) purposesOf(all []exposed) {
	s := w.section("purposes", "GDPR Art. 15(1)(a), (c) ○; PDPA s.30", "Purposes and recipients", "วัตถุประสงค์และผู้รับ")
	t := &Table{ID: "purposes", Caption: Text{"Connections that carry the person's streams", "การเชื่อมต่อที่ส่งสตรีมของบุคคล"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), col("source", "From", "จาก"), col("purpose", "Purpose", "วัตถุประสงค์"), wide("description", 2, "Declared as", "คำประกาศ"), col("sink", "Sink", "ปลายทาง"), col("region", "Region", "ภูมิภาค"), wide("recipient", 2, "Recipient (declared)", "ผู้รับ (ประกาศ)")}}
	var seen []string
	for _, e := range all {
		c := e.connection
		if slices.Contains(seen, c.Name) {
			continue
		}
		seen = append(seen, c.Name)
		t.row(word(c.Name), word(c.From), word(c.Purpose), declared(w.purpose(c.Purpose).Description), word(c.To), word(w.sink(c.To).Region), declared(w.recipient(c.To).Name))
	}
	s.table(t)
}

func (w *work) dataOf(all []exposed) {
	s := w.section("data", "GDPR Art. 15(1)(b) ○; PDPA s.30", "Categories of data", "ประเภทข้อมูล")
	t := &Table{ID: "data", Caption: Text{"Fields, and what of them lies at the sink", "ฟิลด์ และสิ่งที่อยู่ปลายทาง"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{wide("stream", 2, "Stream", "สตรีม"), col("field", "Field", "ฟิลด์"), col("element", "What it is about", "เกี่ยวกับ"), wide("result", 2, "At the sink", "ที่ปลายทาง")}}
	for _, e := range all {
		for _, f := range e.stream.Fields {
			t.row(word(e.stream.Name), word(f.Path), w.element(f), resultCell(f.Result))
		}
	}
	s.table(t)
	w.gone(s, all)
}

func (w *work) went(all []exposed) {
	s := w.section("went", "GDPR Arts. 15(1)(c), 19 ○; PDPA s.30", "Where and when", "ส่งไปที่ใดและเมื่อใด")
	t := &Table{ID: "went", Caption: Text{"Days on which rows of these streams were delivered", "วันที่มีการส่งแถวของสตรีมเหล่านี้"}, Empty: Text{"nothing was delivered in this range", "ไม่มีการส่งข้อมูลในช่วงเวลานี้"}, Columns: []Column{
		col("day", "Day", "วันที่"), wide("stream", 2, "Stream", "สตรีม"), col("sink", "Sink", "ปลายทาง"), col("purpose", "Purpose", "วัตถุประสงค์"), col("first", "First", "ครั้งแรก"), col("last", "Last", "ครั้งล่าสุด"), counts("files", "Files", "ไฟล์"), counts("rows", "Rows of all persons", "แถวของทุกบุคคล")}}
	for _, day := range w.Facts.days() {
		for _, e := range all {
			for d, n := range w.Facts.Loads {
				_, name := w.Facts.topicParts(d.Topic)
				if d.Day == day && d.Connection == e.connection.Name && name == e.stream.Name {
					t.row(word(day), word(name), word(e.connection.To), word(e.connection.Purpose), at(n.First), at(n.Last), number(n.Objects), number(n.Rows))
				}
			}
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b []Cell) int { return strings.Compare(rowKey(a), rowKey(b)) })
	s.table(t)
	if q := w.Facts.sum(func(h Hop) bool { return h.Stage == "mask" }).Quarantined; q > 0 {
		s.note(fmt.Sprintf("%s records of all streams went to quarantine in this range, encrypted; some may be about the person.", grouped(q)), fmt.Sprintf("ระเบียน %s รายการจากทุกสตรีมถูกกักกันแบบเข้ารหัส บางส่วนอาจเกี่ยวกับบุคคลนี้", grouped(q)))
	}
}

// rowKey orders rows by their first cells.
func rowKey(r []Cell) string {
	var b strings.Builder
	for _, c := range r[:min(5, len(r))] {
		b.WriteString(c.ID + "\x00")
	}
	return b.String()
}
