package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/audit/sample"
	"lethe/stream"
)

func soxKind() Kind {
	return Kind{Name: "sox", Title: Text{"Change report for IT general controls", "รายงานการเปลี่ยนแปลงสำหรับการควบคุมทั่วไปด้านไอที"},
		Help: "SOX: what policy changed when, by which revision; completeness; a sample that anyone can draw again (--seed, --sample)", make: sox}
}

func sox(w *work) {
	w.changes()
	w.changedFields()
	w.completeness()
	w.actions("PCAOB AS 2201 ○")
	w.programs()
	w.sample()
}

// changes lists what was put in force in the range.
func (w *work) changes() {
	s := w.section("changes", "PCAOB AS 2201 ○", "Policy changes", "การเปลี่ยนแปลงนโยบาย")
	s.say("A revision is everything that decides about a byte of masked data, named by its hash. No record is masked under a revision before the log has its entry. Who changed the files, with which ticket and approval, is in the version control of the folder, not in the log.",
		"รุ่นของนโยบายคือทุกสิ่งที่กำหนดข้อมูลหลังปิดบัง ระบุด้วยค่าแฮช ไม่มีระเบียนใดถูกปิดบังด้วยรุ่นใดก่อนที่บันทึกจะมีรายการของรุ่นนั้น ผู้แก้ไข หมายเลขงาน และการอนุมัติอยู่ในระบบควบคุมรุ่นของโฟลเดอร์ ไม่ได้อยู่ในบันทึกนี้")
	t := &Table{ID: "changes", Caption: Text{"Put in force in this range, oldest first", "มีผลใช้บังคับในช่วงเวลานี้ เรียงจากเก่าสุด"}, Empty: Text{"no revision was put in force in this range", "ไม่มีการเปลี่ยนรุ่นในช่วงเวลานี้"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), wide("revision", 3, "Revision", "รุ่น"), col("time", "In force since", "มีผลตั้งแต่"), col("packs", "Laws", "กฎหมาย"), col("keys", "Keys", "รุ่นกุญแจ"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	for _, c := range w.owners() {
		for _, a := range w.Facts.order(c) {
			if !w.Facts.within(a.Time) {
				continue
			}
			packs := word("–")
			for _, p := range w.Facts.Policies {
				if p.Body.Revision == a.Body.Revision {
					packs = word(strings.Join(p.Body.Packs, ", "))
				}
			}
			w.prove(a.Index)
			t.row(word(c), word(a.Body.Revision), at(a.Time), packs, word(cmp.Or(a.Body.Keys, "1")), number(a.Index))
		}
	}
	s.table(t)
}

// owners lists the connections that the log or the folder know.
func (w *work) owners() []string {
	seen := map[string]bool{}
	for _, c := range w.Folder.Connections {
		seen[c.Name] = true
	}
	for _, a := range w.Facts.Announced {
		seen[a.Body.Connection] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// kept gives what a revision does, if it could be looked at.
func (w *work) kept(id string) (Revision, bool) {
	i := slices.IndexFunc(w.Folder.History, func(r Revision) bool { return r.ID == id })
	if i < 0 {
		return Revision{}, false
	}
	return w.Folder.History[i], true
}

// changedFields shows what each change changed.
func (w *work) changedFields() {
	s := w.section("diff", "PCAOB AS 2201 ○", "What each change changed", "รายละเอียดของแต่ละการเปลี่ยนแปลง")
	t := &Table{ID: "diff", Caption: Text{"Fields that are masked otherwise", "ฟิลด์ที่วิธีปิดบังเปลี่ยน"}, Empty: Text{"no field is masked otherwise in this range", "ไม่มีวิธีปิดบังใดเปลี่ยนในช่วงเวลานี้"}, Columns: []Column{
		col("revision", "Revision", "รุ่น"), wide("stream", 2, "Stream", "สตรีม"), col("field", "Field", "ฟิลด์"), col("before", "Before", "ก่อน"), col("after", "After", "หลัง"), wide("direction", 2, "Direction", "ทิศทาง")}}
	unknown := 0
	for _, c := range w.owners() {
		order := w.Facts.order(c)
		for i := 1; i < len(order); i++ {
			if !w.Facts.within(order[i].Time) {
				continue
			}
			a, knownA := w.kept(order[i-1].Body.Revision)
			b, knownB := w.kept(order[i].Body.Revision)
			if !knownA || !knownB {
				unknown++
				continue
			}
			diff(t, a, b)
		}
	}
	s.table(t)
	if unknown > 0 {
		s.note(fmt.Sprintf("Of %d changes one side could not be read: what they changed is not told.", unknown), fmt.Sprintf("มีการเปลี่ยนแปลง %d ครั้งที่อ่านไม่ได้ครบทั้งสองด้าน จึงไม่แสดงรายละเอียด", unknown))
	}
}

// diff adds a row for each field that two revisions treat unlike.
func diff(t *Table, a, b Revision) {
	streams := map[string]bool{}
	for s := range a.Streams {
		streams[s] = true
	}
	for s := range b.Streams {
		streams[s] = true
	}
	for _, s := range slices.Sorted(maps.Keys(streams)) {
		fields := map[string]bool{}
		for f := range a.Streams[s] {
			fields[f] = true
		}
		for f := range b.Streams[s] {
			fields[f] = true
		}
		for _, f := range slices.Sorted(maps.Keys(fields)) {
			before, was := a.Streams[s][f]
			after, is := b.Streams[s][f]
			if before != after {
				t.row(word(b.ID[:min(16, len(b.ID))]), word(s), word(f), treatment(before, was), treatment(after, is), direction(before, after, was, is))
			}
		}
	}
}

// direction says whether a change shows more or less.
func direction(before, after stream.Treatment, was, is bool) Cell {
	switch {
	case !was && after.Shows == stream.ShowsNothing:
		return term("new", Text{"new field, removed", "ฟิลด์ใหม่ ถูกลบออก"})
	case !was:
		// What no revision lists is redacted.
		return term("new-shown", Text{"new field, shown or pseudonymised: review", "ฟิลด์ใหม่ที่แสดงหรือแฝงข้อมูล ควรตรวจสอบ"})
	case !is:
		return term("gone", Text{"field is gone", "ฟิลด์ถูกตัดออก"})
	}
	more := cmp.Compare(after.Shows, before.Shows)
	if more == 0 && before.Operator == after.Operator && before.Part > 0 && after.Part > 0 {
		more = cmp.Compare(after.Part, before.Part)
	}
	switch {
	case more > 0:
		return term("weaker", Text{"weaker: review", "อ่อนลง ควรตรวจสอบ"})
	case more < 0:
		return term("stronger", Text{"stronger", "เข้มงวดขึ้น"})
	case before.Operator == after.Operator:
		return term("parameters", Text{"other parameters: review", "พารามิเตอร์เปลี่ยน ควรตรวจสอบ"})
	}
	return term("other", Text{"another way that shows as much: review", "วิธีอื่นที่แสดงข้อมูลเท่ากัน ควรตรวจสอบ"})
}

// treatment is an operator with its parameters.
func treatment(t stream.Treatment, there bool) Cell {
	if !there {
		return word("–")
	}
	c := operatorCell(t.Operator)
	if t.Params != "" {
		c.ID += " (" + t.Params + ")"
	}
	return c
}

// completeness adds up what came and what became of it.
func (w *work) completeness() {
	s := w.section("completeness", "PCAOB AS 2201 ○", "Completeness", "ความครบถ้วน")
	s.say("in = delivered + quarantined + filtered + shredded, for every connection. lethe verify checks the same for every partition and every receipt.", "เข้า = ส่ง + กักกัน + กรองออก + ทำลายกุญแจ สำหรับทุกการเชื่อมต่อ คำสั่ง lethe verify ตรวจสอบทุกพาร์ทิชันและทุกใบรับ")
	t := &Table{ID: "completeness", Caption: Text{"Counted from mask receipts", "นับจากใบรับขั้นปิดบัง"}, Columns: []Column{col("connection", "Connection", "การเชื่อมต่อ"), counts("in", "In", "เข้า"), counts("delivered", "Delivered", "ส่ง"), counts("quarantined", "Quarantined", "กักกัน"), counts("filtered", "Filtered", "กรองออก"), counts("shredded", "Shredded", "ทำลายกุญแจ"), counts("difference", "Difference", "ผลต่าง")}}
	for _, c := range w.owners() {
		n := w.Facts.sum(func(h Hop) bool { return h.Stage == "mask" && h.Owner == c })
		t.row(word(c), number(n.In), number(n.Delivered), number(n.Quarantined), number(n.Filtered), number(n.Shredded), number(n.In-n.Delivered-n.Quarantined-n.Filtered-n.Shredded))
	}
	s.table(t)
}

// actions lists what people did.
func (w *work) actions(clause string) {
	s := w.section("actions", clause, "Actions of people", "การกระทำของบุคคล")
	s.say("The log commits to who, what and why; the openings of those commitments lie with the operator. Before and after are keyed hashes of what an action changes, of a start the configuration: where they differ, the folder's files were changed.", "บันทึกผูกมัดว่าใครทำอะไรและเพราะเหตุใด ค่าที่ใช้เปิดอยู่กับผู้ดูแลระบบ ก่อนและหลังเป็นแฮชมีกุญแจของสิ่งที่เปลี่ยน สำหรับ start คือการตั้งค่า หากต่างกันแสดงว่าไฟล์ในโฟลเดอร์ถูกเปลี่ยน")
	t := &Table{ID: "actions", Caption: Text{"Intents in this range", "เจตนาในช่วงเวลานี้"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{col("id", "Entry", "รายการ"), col("action", "Action", "การกระทำ"), col("role", "Role", "บทบาท"), wide("time", 2, "Time", "เวลา"), counts("count", "Count", "จำนวน"), col("approved", "Second person", "ผู้อนุมัติคนที่สอง"), col("outcome", "Outcome", "ผล"), col("before", "Before (keyed hash)", "ก่อน (แฮชมีกุญแจ)"), col("after", "After", "หลัง"), counts("entry", "Place in the log", "ตำแหน่งในบันทึก")}}
	for _, i := range w.Facts.Intents {
		w.prove(i.Index)
		approved, outcome := term("no", Text{"no", "ไม่มี"}), term("none", Text{"none was written", "ไม่มีการบันทึก"})
		if i.Body.Approval != nil {
			approved = term("yes", Text{"yes", "มี"})
		}
		after := i.Body.After
		if o, ok := w.Facts.Outcomes[i.ID]; ok {
			outcome = word(o.Result)
			after = cmp.Or(after, o.After)
		}
		t.row(word(i.ID), word(i.Body.Action), word(cmp.Or(i.Body.Role, "–")), at(i.Time), number(i.Body.Count), approved, outcome, hashCell(i.Body.Before), hashCell(after), number(i.Index))
	}
	s.table(t)
}

// hashCell shows the beginning of a hash: enough to see whether two are one.
func hashCell(h *stream.Hash) Cell {
	if h == nil {
		return word("–")
	}
	return word(h.String()[:16])
}

// programs lists who wrote receipts.
func (w *work) programs() {
	s := w.section("programs", "PCAOB AS 2201 ○", "Programs and workers", "โปรแกรมและผู้ทำงาน")
	t := &Table{ID: "programs", Caption: Text{"Builds that wrote receipts in this range", "โปรแกรมที่ออกใบรับในช่วงเวลานี้"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{wide("build", 4, "SHA-256 of the executable", "SHA-256 ของโปรแกรม"), counts("receipts", "Receipts", "ใบรับ")}}
	for _, b := range slices.Sorted(maps.Keys(w.Facts.Builds)) {
		t.row(word(b), number(w.Facts.Builds[b]))
	}
	s.table(t)
	t = &Table{ID: "workers", Caption: Text{"Worker keys that the log's key enrolled", "กุญแจผู้ทำงานที่ลงทะเบียน"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{wide("worker", 3, "Worker", "ผู้ทำงาน"), wide("first", 2, "First enrolled", "ลงทะเบียนครั้งแรก"), counts("times", "Times", "ครั้ง"), counts("receipts", "Receipts in range", "ใบรับในช่วงเวลา")}}
	seen := map[string]int{}
	for _, e := range w.Facts.Enrolled {
		seen[e.Body.Worker]++
	}
	for _, e := range w.Facts.Enrolled {
		if n := seen[e.Body.Worker]; n > 0 {
			t.row(word(e.Body.Worker), at(e.Time), number(n), number(w.Facts.Workers[e.Body.Worker]))
			delete(seen, e.Body.Worker)
		}
	}
	s.table(t)
}

// sample draws entries so that anybody who has log and seed draws the same.
func (w *work) sample() {
	s := w.section("sample", "PCAOB AS 2315 ○", "Sample", "ตัวอย่าง")
	size, note := w.Facts.Checkpoint.Size, w.Facts.Checkpoint.Note
	if at := w.Options.At; at > 0 && at < size && w.Facts.Body != nil {
		if was, err := w.Facts.Body(at); err == nil {
			size, note = at, was+"\n"
		}
	}
	if w.Options.Seed == "" || size == 0 {
		s.note("No sample was drawn: give --seed, a text that the auditor chooses after the checkpoint is known.", "ไม่มีการสุ่มตัวอย่าง โปรดระบุ --seed ซึ่งผู้สอบบัญชีเลือกหลังจากทราบจุดตรวจสอบแล้ว")
		return
	}
	seed, err := sample.NewSeed([]byte(note), w.Options.Seed)
	if err != nil {
		s.note("No sample was drawn: the checkpoint is none.", "ไม่มีการสุ่มตัวอย่าง เพราะจุดตรวจสอบไม่ถูกต้อง")
		return
	}
	s.say(fmt.Sprintf("Drawn as by lethe audit sample. Seed = SHA-256(lethe-sample-v1 and a line end ‖ length of the checkpoint's body as 8 bytes ‖ that body: log, size and root, a line each ‖ the auditor's text). The i-th number is the first 8 bytes of SHA-256(seed ‖ i as 8 bytes) modulo %s; what would favour the low ones, or was drawn before, is passed over. The auditor's text: %s, seed: %x", grouped(size), w.Options.Seed, seed),
		fmt.Sprintf("สุ่มด้วยวิธีเดียวกับคำสั่ง lethe audit sample ค่า seed = SHA-256(lethe-sample-v1 และขึ้นบรรทัดใหม่ ‖ ความยาวเนื้อหาจุดตรวจสอบ 8 ไบต์ ‖ เนื้อหานั้น ได้แก่ ชื่อบันทึก ขนาด และรากแฮช อย่างละบรรทัด ‖ ข้อความของผู้สอบบัญชี) หมายเลขที่ i คือ 8 ไบต์แรกของ SHA-256(seed ‖ i 8 ไบต์) หารเอาเศษด้วย %s โดยข้ามค่าที่ทำให้หมายเลขต่ำได้เปรียบและค่าที่ซ้ำ ข้อความของผู้สอบบัญชี: %s ค่า seed: %x", grouped(size), w.Options.Seed, seed))
	t := &Table{ID: "sample", Caption: Text{"Entries drawn", "รายการที่สุ่มได้"}, Columns: []Column{counts("entry", "Entry of the log", "รายการในบันทึก"), wide("leaf", 4, "Leaf hash, base64", "แฮชของใบ")}}
	for _, index := range seed.Draw(w.Options.Sample, size) {
		leaf := word("–")
		if w.Facts.Prove != nil {
			if p, err := w.Facts.Prove(index); err == nil {
				leaf = word(p.Leaf)
				w.prove(index)
			}
		}
		t.row(number(index), leaf)
	}
	s.table(t)
}
