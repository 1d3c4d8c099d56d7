package report

import (
	"fmt"
	"slices"
	"strings"
)

func hipaaKind() Kind {
	return Kind{Name: "hipaa", Title: Text{"HIPAA: audit controls and Safe Harbor", "HIPAA: การควบคุมการตรวจสอบและ Safe Harbor"},
		Help: "review of audit controls, 45 CFR 164.312(b), and coverage of Safe Harbor's 18 identifiers", make: hipaa}
}

func hipaa(w *work) {
	w.auditControls()
	w.actions("45 CFR §164.312(b) ○")
	for _, c := range w.carried() {
		w.safeHarbor(c)
	}
	w.review()
}

// auditControls shows what the log holds for each standard.
func (w *work) auditControls() {
	s := w.section("controls", "45 CFR §164.312(b) ○", "Audit controls", "การควบคุมการตรวจสอบ")
	t := &Table{ID: "controls", Caption: Text{"What the log shows for each standard", "สิ่งที่บันทึกแสดงสำหรับแต่ละมาตรฐาน"}, Columns: []Column{col("section", "Section", "มาตรา"), wide("standard", 3, "Standard", "มาตรฐาน"), wide("evidence", 4, "Evidence in this range", "หลักฐานในช่วงเวลา")}}
	for _, c := range w.laws.Audit {
		section := word(c.Section)
		section.Marked = c.Recalled
		t.row(section, term("", c.Name.text()), term("", w.shown(c.Shows)))
	}
	s.table(t)
}

// shown is what the log has for a standard.
func (w *work) shown(what string) Text {
	f := w.Facts
	switch what {
	case "receipts":
		return Text{fmt.Sprintf("%s on %s, %s of people", several(f.Receipts, "receipt"), several(len(f.days()), "day"), several(len(f.Intents), "action")), fmt.Sprintf("ใบรับ %s ใบ ใน %d วัน การกระทำของบุคคล %d ครั้ง", grouped(f.Receipts), len(f.days()), len(f.Intents))}
	case "integrity":
		return Text{fmt.Sprintf("%s under the signed checkpoint, root %s; not an entry and refused: %d", several(f.Checkpoint.Size, "entry"), f.Checkpoint.Root, f.Refused), fmt.Sprintf("%s รายการภายใต้จุดตรวจสอบที่ลงลายมือชื่อ รากแฮช %s และปฏิเสธ %d ใบ", grouped(f.Checkpoint.Size), f.Checkpoint.Root, f.Refused)}
	case "reveals":
		n, values, approved := 0, int64(0), 0
		for _, i := range f.Intents {
			if i.Body.Action == "reveal" {
				n++
				values += int64(i.Body.Count)
				if i.Body.Approval != nil {
					approved++
				}
			}
		}
		return Text{fmt.Sprintf("%s for %s, of which a second person approved %d", several(n, "request"), several(values, "value"), approved), fmt.Sprintf("คำขอ %d ครั้ง รวม %s ค่า อนุมัติโดยบุคคลที่สอง %d ครั้ง", n, grouped(values), approved)}
	case "workers":
		return Text{fmt.Sprintf("receipts are signed by %s, running %s", several(len(f.Workers), "enrolled worker"), several(len(f.Builds), "build")), fmt.Sprintf("ใบรับลงลายมือชื่อโดยผู้ทำงาน %d ราย จากโปรแกรม %d รุ่น", len(f.Workers), len(f.Builds))}
	}
	return Text{fmt.Sprintf("control records that were refused: %s of the log", several(len(f.Forged), "entry")), fmt.Sprintf("%d รายการแจ้งระเบียนควบคุมที่ถูกปฏิเสธ", len(f.Forged))}
}

// within reports whether an element is one of a list of elements and families.
func within(element string, list []string) bool {
	return element != "" && slices.ContainsFunc(list, func(e string) bool { return element == e || strings.HasPrefix(element, e+".") })
}

// safeHarbor goes through the 18 identifiers.
func (w *work) safeHarbor(c Connection) {
	s := w.section("safe-harbor-"+c.Name, "45 CFR §164.514(b)(2)(i)(A)–(R)", "Safe Harbor: "+c.Name, "Safe Harbor: "+c.Name)
	t := &Table{ID: "safe-harbor-" + c.Name, Caption: Text{"The 18 identifiers, and the fields that are about them", "ตัวระบุ 18 รายการ และฟิลด์ที่เกี่ยวข้อง"}, Columns: []Column{col("letter", "", ""), wide("identifier", 2, "Identifier", "ตัวระบุ"), wide("fields", 4, "Fields and what is done", "ฟิลด์และวิธีจัดการ"), wide("state", 2, "State", "สถานะ")}}
	t.Columns[0].Name = Text{"Letter", "ข้อ"}
	named := map[string]bool{}
	for _, id := range w.laws.Safe {
		var fields []string
		left := 0
		for _, st := range c.Streams {
			for _, f := range st.Fields {
				place := st.Name + "/" + f.Path
				// R takes what the letters before it did not.
				if !within(f.Element, id.Elements) || id.Letter == "R" && named[place] || strings.HasPrefix(f.Element, "id.record") {
					continue
				}
				named[place] = true
				fields = append(fields, place+": "+f.Operator)
				if f.Result == resultUnknown || slices.ContainsFunc(f.each(), func(f Field) bool {
					return f.Result != "removed" && !(slices.Contains(id.Allow, f.Operator) && slices.Contains(id.As, f.As))
				}) {
					left++
				}
			}
		}
		state := term("removed", Text{"removed, or as coarse as the rule allows", "ลบออก หรือหยาบเท่าที่กฎอนุญาต"})
		switch {
		case fields == nil:
			state = term("none", Text{"no field is known to be about it", "ไม่พบฟิลด์ที่เกี่ยวข้อง"})
		case left > 0:
			state = term("left", Text{several(left, "field") + " left: not de-identified by Safe Harbor", fmt.Sprintf("เหลือ %d ฟิลด์ ยังไม่เป็นไปตาม Safe Harbor", left)})
		}
		t.row(word(id.Letter), term(id.Letter, id.Name.text()), word(strings.Join(fields, "\n")), state)
	}
	s.table(t)
	var gone []exposed
	for _, st := range c.Streams {
		if st.Gone {
			gone = append(gone, exposed{connection: c, stream: st})
		}
	}
	w.gone(s, gone)
	s.note("Of fields that nobody classified nothing is said here. That nobody knows a way back, (b)(2)(ii), no program can see; text in which names are looked for may hold what was not found.",
		"รายงานนี้ไม่กล่าวถึงฟิลด์ที่ไม่มีการจำแนก เงื่อนไข (b)(2)(ii) ว่าไม่มีผู้ใดทราบวิธีย้อนกลับนั้นโปรแกรมตรวจไม่ได้ และข้อความอิสระอาจมีสิ่งที่ตรวจไม่พบ")
}

// review is for the person who looks at this.
func (w *work) review() {
	s := w.section("review", "45 CFR §164.308(a)(1)(ii)(D) ○, §164.316(b)(2)(i)", "Review", "การทบทวน")
	s.say("Documentation is retained for 6 years.", "เอกสารต้องเก็บรักษา 6 ปี")
	t := &Table{ID: "review", Caption: Text{"To be completed by the reviewer", "ให้ผู้ทบทวนกรอก"}, Columns: []Column{col("item", "Item", "รายการ"), wide("entry", 4, "Entry", "ข้อมูล")}}
	for _, i := range []Text{{"Reviewer", "ผู้ทบทวน"}, {"Date", "วันที่"}, {"Findings", "ข้อค้นพบ"}, {"Signature", "ลายมือชื่อ"}} {
		t.row(term(strings.ToLower(i.EN), i), Cell{ID: "…"})
	}
	s.table(t)
}
