package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rests adds what every report ends with: what it rests on, and what it does not know.
func (w *work) rests() {
	s := w.section("rests", "", "What this report rests on", "รายงานนี้อ้างอิงอะไร")
	c := w.Facts.Checkpoint
	if c.Size == 0 {
		s.say("There is no log yet: everything here is what the folder declares, and nothing was observed.",
			"ยังไม่มีบันทึก ข้อมูลทั้งหมดเป็นสิ่งที่ประกาศไว้ ไม่มีสิ่งที่สังเกตได้")
	} else {
		s.say(fmt.Sprintf("Counts and times come from %s among %s of the log %s, up to the signed checkpoint above. The log proves what was committed to: nothing in it was changed or dropped since. That it was not rolled back or forked is shown only by a witness or a checkpoint that somebody kept, whether a value was masked right is checked by sampling, and what a source never gave cannot be proven.",
			several(w.Facts.Receipts, "receipt"), several(c.Size, "entry"), c.Origin),
			fmt.Sprintf("จำนวนและเวลามาจากใบรับ %s ใบ ในบันทึก %s ซึ่งมี %s รายการ จนถึงจุดตรวจสอบที่ลงลายมือชื่อข้างต้น บันทึกพิสูจน์เฉพาะสิ่งที่ได้ผูกมัดไว้ คือไม่มีรายการใดถูกแก้ไขหรือลบหลังจากนั้น ส่วนการย้อนหรือแยกบันทึกต้องอาศัยพยานหรือจุดตรวจสอบที่เก็บไว้ ความถูกต้องของการปิดบังตรวจด้วยการสุ่มตัวอย่าง และสิ่งที่แหล่งข้อมูลไม่เคยส่งมาไม่อาจพิสูจน์ได้",
				grouped(w.Facts.Receipts), c.Origin, grouped(c.Size)))
	}
	w.inForce(s)
	if !w.Facts.First.IsZero() {
		s.say(fmt.Sprintf("The first receipt in range is of %s, the last of %s.", when(w.Facts.First), when(w.Facts.Last)),
			fmt.Sprintf("ใบรับแรกในช่วงเวลาคือ %s และใบสุดท้ายคือ %s", when(w.Facts.First), when(w.Facts.Last)))
	}
	if all, read := len(w.Facts.Details), w.Facts.DetailsRead; all > read {
		s.note(fmt.Sprintf("Of %s that receipts name, %s could not be read: the broker keeps them no more, or was not asked. What rests on them counts only the others.", several(all, "detail record"), grouped(all-read)),
			fmt.Sprintf("จากบันทึกรายละเอียด %s รายการที่ใบรับอ้างถึง อ่านไม่ได้ %s รายการ เพราะโบรกเกอร์ไม่เก็บไว้แล้วหรือไม่ได้ถาม ตัวเลขที่มาจากรายละเอียดนับเฉพาะรายการที่อ่านได้", grouped(all), grouped(all-read)))
	}
	if w.Facts.Refused > 0 {
		s.note(several(w.Facts.Refused, "entry")+" of the log could not be read, and counts for nothing here. Somebody without an enrolled key wrote there.",
			fmt.Sprintf("มี %s ใบในบันทึกที่ไม่ใช่รายการที่ถูกต้องและถูกปฏิเสธ", grouped(w.Facts.Refused)))
	}
	for _, m := range w.Folder.Missing {
		s.note(m.EN, m.TH)
	}
	if c := w.Facts.Check; c != nil && len(c.Findings) == 0 {
		s.say(fmt.Sprintf("The log was verified for this report, files apart: signatures, chains and counts of %s hold.", several(c.Size, "entry")),
			fmt.Sprintf("บันทึกได้รับการตรวจสอบเพื่อรายงานนี้ ยกเว้นไฟล์ ลายมือชื่อ ลำดับ และจำนวนของ %s รายการถูกต้อง", grouped(c.Size)))
	}
	s.say("lethe verify checks log, receipts and files offline, with the public key alone.", "คำสั่ง lethe verify ตรวจสอบบันทึก ใบรับ และไฟล์แบบออฟไลน์ โดยใช้เพียงกุญแจสาธารณะ")
}

// warned begins a report over a log that does not hold with what verification found: who
// can write to the log's topic can have entries in it that no enrolled key signed.
func (w *work) warned() {
	c := w.Facts.Check
	if c == nil || len(c.Findings) == 0 {
		return
	}
	var codes []string
	for _, code := range slices.Sorted(maps.Keys(c.Findings)) {
		codes = append(codes, fmt.Sprintf("%s (%d)", code, c.Findings[code]))
	}
	list := strings.Join(codes, ", ")
	w.section("log", "", "The log does not hold", "บันทึกไม่ผ่านการตรวจสอบ").note(
		"The log was verified for this report, and something is wrong with it: "+list+". Counts here may hold entries that count for nothing. Do not rely on them before lethe verify finds nothing.",
		"บันทึกได้รับการตรวจสอบเพื่อรายงานนี้และพบข้อผิดพลาด: "+list+" จำนวนในรายงานอาจรวมรายการที่ไม่มีผล อย่าอ้างอิงจนกว่าคำสั่ง lethe verify จะไม่พบข้อผิดพลาด")
}

// notInForce begins a report of a folder whose policy was changed and has not run since.
func (w *work) notInForce() {
	var names []string
	for _, c := range w.Folder.Connections {
		if order := w.Facts.order(c.Name); len(order) > 0 && order[len(order)-1].Body.Revision != c.Revision {
			names = append(names, c.Name)
		}
	}
	if names == nil {
		return
	}
	list := strings.Join(names, ", ")
	w.section("not-in-force", "", "The folder's policy is not the one in force", "นโยบายในโฟลเดอร์ยังไม่มีผลใช้บังคับ").note(
		"Of "+list+" the log has another revision in force: nothing was masked yet as policy.yaml now says. What is said of delivered data is said by the revisions that masked it.",
		"สำหรับ "+list+" บันทึกระบุว่ามีนโยบายรุ่นอื่นมีผลอยู่ ยังไม่มีข้อมูลใดถูกปิดบังตาม policy.yaml ปัจจุบัน ส่วนข้อมูลที่ส่งแล้วเป็นไปตามรุ่นที่ใช้ปิดบังในขณะนั้น")
}

// gone tells of streams that the folder declares no more.
func (w *work) gone(s *Section, all []exposed) {
	var names []string
	for _, e := range all {
		if e.stream.Gone {
			names = append(names, e.connection.Name+" "+e.stream.Name)
		}
	}
	if names != nil {
		list := strings.Join(names, ", ")
		s.note("The log has these, and the folder declares them no more: "+list+". What their fields are about, and whether rows are about persons, nobody says now: they count as personal data.",
			"บันทึกมีสตรีมเหล่านี้ แต่โฟลเดอร์ไม่ได้ประกาศไว้แล้ว: "+list+" ปัจจุบันไม่มีผู้ระบุว่าฟิลด์เกี่ยวกับอะไรและแถวเกี่ยวกับบุคคลหรือไม่ จึงนับเป็นข้อมูลส่วนบุคคล")
	}
}

// inForce names the entries that put the folder's revisions in force: every report rests
// on them, and carries their proofs.
func (w *work) inForce(s *Section) {
	t := &Table{ID: "in-force", Caption: Text{"Revisions in force, as the log has them", "รุ่นนโยบายที่มีผลใช้บังคับตามบันทึก"}, Empty: Text{"the log has none of the folder's revisions", "บันทึกไม่มีรุ่นนโยบายของโฟลเดอร์นี้"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), wide("revision", 3, "Revision", "รุ่น"), wide("since", 2, "In force since", "มีผลตั้งแต่"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	for _, c := range w.Folder.Connections {
		if since, index := w.Facts.since(c.Name, c.Revision); index >= 0 {
			w.prove(index)
			t.row(word(c.Name), word(c.Revision), at(since), number(index))
		}
	}
	s.table(t)
}

// attached are proofs of the entries that a report names, at most so many.
const attached = 500

// prove attaches the proof of an entry, so that whoever has the signed checkpoint can
// see that it is in the log (L4).
func (w *work) prove(index int64) {
	if w.Facts.Prove == nil || index < 0 || len(w.Proofs) >= attached {
		return
	}
	for _, p := range w.Proofs {
		if p.Index == index {
			return
		}
	}
	if p, err := w.Facts.Prove(index); err == nil {
		w.Proofs = append(w.Proofs, p)
	}
}
