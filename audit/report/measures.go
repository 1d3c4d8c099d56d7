package report

import (
	"fmt"
	"slices"
	"strings"
)

// measures lists what secures the data: observed first, declared after.
func (w *work) measures(clause string) {
	s := w.section("measures", clause+"; GDPR Art. 32(1) ○; PDPA s.37(1)", "Security measures", "มาตรการรักษาความมั่นคงปลอดภัย")
	t := &Table{ID: "measures", Caption: Text{"Technical and organisational measures", "มาตรการทางเทคนิคและองค์กร"}, Columns: []Column{col("measure", "Measure", "มาตรการ"), wide("how", 4, "How", "รายละเอียด"), col("known", "Known from", "ที่มา")}}
	n := map[string]int{}
	for _, c := range w.Folder.Connections {
		for _, st := range c.Streams {
			for _, f := range st.Fields {
				n[f.Result]++
			}
		}
	}
	row := func(id string, name, how Text, known string) {
		c := term(id, name)
		c.IRI = dpv + id
		t.row(c, term("", how), word(known))
	}
	row("Pseudonymisation", Text{"Pseudonymisation", "การแฝงข้อมูล"}, Text{several(n["pseudonymised"], "field") + " pseudonymised; their keys lie apart from the data", fmt.Sprintf("แฝงข้อมูล %d ฟิลด์ และเก็บกุญแจแยกจากข้อมูล", n["pseudonymised"])}, "policy.yaml")
	row("DataRedaction", Text{"Removal", "การลบออก"}, Text{several(n["removed"], "field") + " removed, and whatever no contract lists", fmt.Sprintf("ลบออก %d ฟิลด์ รวมถึงสิ่งที่ไม่มีในสัญญาข้อมูล", n["removed"])}, "policy.yaml")
	row("EncryptionAtRest", Text{"Encryption at rest", "การเข้ารหัสขณะจัดเก็บ"}, Text{"raw and quarantined records are encrypted with AES-256-GCM; the key of a period is destroyed when it ends", "ระเบียนดิบและที่กักกันเข้ารหัสด้วย AES-256-GCM และทำลายกุญแจเมื่อสิ้นช่วงเวลา"}, "lethe")
	row("ActivityMonitoring", Text{"Activity log", "บันทึกกิจกรรม"}, Text{several(w.Facts.Checkpoint.Size, "entry") + " in a Merkle log with signed checkpoints", fmt.Sprintf("%s รายการในบันทึกแบบ Merkle พร้อมจุดตรวจสอบที่ลงลายมือชื่อ", grouped(w.Facts.Checkpoint.Size))}, "log")
	for _, m := range w.Folder.Record.Measures {
		t.row(term("declared", Text{"Declared", "ประกาศ"}), Cell{ID: m}, word("ropa.yaml"))
	}
	s.table(t)
}

// differences tells what is declared and not observed, and the other way round.
func (w *work) differences() {
	s := w.section("differences", "", "Declared and observed, compared", "เปรียบเทียบสิ่งที่ประกาศกับสิ่งที่สังเกตได้")
	if !w.Folder.Record.Given {
		s.note("There is no ropa.yaml: nothing is declared, and this record is not complete.", "ไม่มีไฟล์ ropa.yaml จึงไม่มีการประกาศ และบันทึกนี้ยังไม่สมบูรณ์")
	}
	t := &Table{ID: "differences", Caption: Text{"Differences", "ข้อแตกต่าง"}, Empty: Text{"what is declared and what is observed agree", "สิ่งที่ประกาศตรงกับสิ่งที่สังเกตได้"}, Columns: []Column{col("about", "About", "เกี่ยวกับ"), wide("name", 2, "Name", "ชื่อ"), wide("difference", 4, "Difference", "ข้อแตกต่าง")}}
	add := func(about, name string, what Text) { t.row(word(about), word(name), term("", what)) }
	r := w.Folder.Record
	if r.Controller.Name == "" {
		add("controller", "–", Text{"not declared", "ยังไม่ได้ประกาศ"})
	}
	if r.DPO.Name == "" {
		add("dpo", "–", Text{"not declared", "ยังไม่ได้ประกาศ"})
	}
	used := w.used()
	for _, p := range used {
		d := w.purpose(p)
		switch {
		case d.Description == "":
			add("purpose", p, Text{"a connection has it, and it is not declared", "การเชื่อมต่อใช้อยู่แต่ไม่ได้ประกาศ"})
			continue
		case d.Retention == "":
			add("purpose", p, Text{"no retention is declared", "ไม่ได้ประกาศระยะเวลาการเก็บรักษา"})
		}
		if len(d.Basis) == 0 {
			add("purpose", p, Text{"no lawful basis is declared", "ไม่ได้ประกาศฐานทางกฎหมาย"})
		}
		w.undeclaredElements(d, add)
	}
	for _, p := range r.Purposes {
		if !slices.Contains(used, p.Name) {
			add("purpose", p.Name, Text{"declared, and no connection has it", "ประกาศไว้แต่ไม่มีการเชื่อมต่อใดใช้"})
		}
	}
	w.recipientDifferences(add)
	s.table(t)
}

// undeclaredElements tells of data that is carried for a purpose and not declared.
func (w *work) undeclaredElements(p Purpose, add func(about, name string, what Text)) {
	keys, _, _ := w.categoriesOf()
	covered := func(element string) bool {
		return slices.ContainsFunc(p.Elements, func(e string) bool {
			family, ok := strings.CutSuffix(e, ".*")
			return e == element || ok && strings.HasPrefix(element, family+".")
		})
	}
	for _, k := range keys {
		if k.purpose == p.Name && !covered(k.element) {
			add("element", k.element, Text{"carried for " + p.Name + ", and not declared", "ถูกส่งเพื่อ " + p.Name + " แต่ไม่ได้ประกาศ"})
		}
	}
	for _, e := range p.Elements {
		family, _ := strings.CutSuffix(e, ".*")
		if !slices.ContainsFunc(keys, func(k category) bool {
			return k.purpose == p.Name && (k.element == e || strings.HasPrefix(k.element, family+"."))
		}) {
			add("element", e, Text{"declared for " + p.Name + ", and no stream has it", "ประกาศไว้เพื่อ " + p.Name + " แต่ไม่มีในสตรีมใด"})
		}
	}
}

func (w *work) recipientDifferences(add func(about, name string, what Text)) {
	for _, sink := range w.Folder.Sinks {
		d := w.recipient(sink.Name)
		switch {
		case d.Name == "":
			add("recipient", sink.Name, Text{"a sink without a declared recipient", "ปลายทางที่ไม่ได้ประกาศผู้รับ"})
		case d.Country != "" && sink.Region != "" && d.Country != sink.Region:
			add("recipient", sink.Name, Text{"declared in " + d.Country + ", the sink lies in " + sink.Region, "ประกาศว่าอยู่ใน " + d.Country + " แต่ปลายทางอยู่ใน " + sink.Region})
		}
		for _, c := range w.Folder.Connections {
			for _, l := range w.Folder.Laws {
				if c.To == sink.Name && slices.Contains(c.Packs, l.Name) && len(l.Home) > 0 && !slices.Contains(l.Home, sink.Region) && d.Mechanism == "" {
					add("transfer", sink.Name, Text{"a transfer out of the home of " + l.Name + " to " + sink.Region + " without a declared mechanism", "มีการโอนออกนอกเขตของ " + l.Name + " ไปยัง " + sink.Region + " โดยไม่ได้ประกาศกลไก"})
				}
			}
		}
	}
}
