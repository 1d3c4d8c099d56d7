package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func retentionKind() Kind {
	return Kind{Name: "retention", Title: Text{"Retention of data and keys", "การเก็บรักษาข้อมูลและกุญแจ"},
		Help: "raw records, periods of keys, quarantine: what is kept, and the evidence of what is gone", make: retention}
}

func retention(w *work) {
	w.limits("GDPR Art. 5(1)(e) ○; PDPA s.37(3) ○")
	w.floors()
	w.keysThere()
	w.keysGone()
	w.recordsGone()
	w.erased()
}

// floors lists what laws ask for.
func (w *work) floors() {
	s := w.section("laws", "", "What laws say of retention", "ข้อกำหนดของกฎหมาย")
	t := &Table{ID: "laws", Caption: Text{"From the packs that connections name, and floors for records", "จากกฎหมายที่เกี่ยวข้อง และระยะขั้นต่ำของเอกสาร"}, Columns: []Column{col("law", "Law", "กฎหมาย"), col("section", "Section", "มาตรา"), wide("about", 2, "About", "เกี่ยวกับ"), wide("keep", 3, "Keep", "เก็บ")}}
	for _, l := range w.Folder.Laws {
		for _, r := range l.Retention {
			section := word(r.Section)
			section.Marked = r.Recalled
			t.row(word(l.Name), section, w.laws.packed(r.Duty), w.laws.packed(r.Within))
		}
	}
	for _, f := range w.laws.Floor {
		told := slices.ContainsFunc(w.Folder.Laws, func(l Law) bool {
			return l.Name == f.Law && slices.ContainsFunc(l.Retention, func(r Term) bool { return r.Section == f.Section })
		})
		if w.applies(f.Law) && !told {
			section := word(f.Section)
			section.Marked = f.Recalled
			t.row(word(f.Law), section, term("", f.About.text()), term("", f.Keep.text()))
		}
	}
	s.table(t)
}

// keysThere lists the periods whose keys are there now.
func (w *work) keysThere() {
	s := w.section("keys", "", "Keys that are there", "กุญแจที่มีอยู่")
	s.say("Raw and quarantined records are encrypted under the key of their period. Once it is destroyed nobody reads them, in backups of the topics either; a backup of the keyring that is older has the key still.",
		"ระเบียนดิบและที่กักกันเข้ารหัสด้วยกุญแจของช่วงเวลา เมื่อทำลายกุญแจแล้วจะไม่มีผู้ใดอ่านได้ รวมถึงในสำเนาสำรองของหัวข้อ แต่สำเนาสำรองของพวงกุญแจที่เก่ากว่านั้นยังมีกุญแจอยู่")
	t := &Table{ID: "keys", Caption: Text{"When this report was made", "เมื่อจัดทำรายงาน"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{col("purpose", "Purpose", "ใช้กับ"), counts("periods", "Periods", "ช่วงเวลา"), wide("oldest", 2, "Oldest", "เก่าสุด"), wide("newest", 2, "Newest", "ใหม่สุด")}}
	by := map[string][]string{}
	for _, p := range w.Folder.Periods {
		purpose, _, _ := strings.Cut(p, "/")
		by[purpose] = append(by[purpose], p)
	}
	for _, purpose := range slices.Sorted(maps.Keys(by)) {
		t.row(word(purpose), number(len(by[purpose])), word(slices.Min(by[purpose])), word(slices.Max(by[purpose])))
	}
	for _, e := range w.Folder.Epochs {
		made := at(e.Made)
		t.row(term("masking-epoch-"+e.Name, Text{"masking keys, epoch " + e.Name, "กุญแจปิดบัง รุ่น " + e.Name}), number(1), made, made)
	}
	s.table(t)
}

// shown is how many pieces of evidence are listed.
const evidenceShown = 200

// keysGone lists the periods whose keys were destroyed.
func (w *work) keysGone() {
	s := w.section("destroyed", "", "Keys that were destroyed", "กุญแจที่ถูกทำลาย")
	t := &Table{ID: "destroyed", Caption: Text{"Receipts of destruction in this range", "ใบรับการทำลายในช่วงเวลานี้"}, Empty: Text{"none was destroyed in this range", "ไม่มีการทำลายในช่วงเวลานี้"}, Columns: []Column{wide("period", 3, "Period", "ช่วงเวลา"), wide("time", 2, "Destroyed at", "ทำลายเมื่อ"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	n := 0
	for _, d := range w.Facts.Deleted {
		if d.Body.Evidence != "key-destroyed" {
			continue
		}
		if n++; n <= evidenceShown {
			w.prove(d.Index)
			t.row(word(d.Body.To), at(d.Time), number(d.Index))
		}
	}
	s.table(t)
	if n > evidenceShown {
		s.note(fmt.Sprintf("%d more are in the log.", n-evidenceShown), fmt.Sprintf("มีอีก %d รายการในบันทึก", n-evidenceShown))
	}
}

// recordsGone sums the deletions from topics.
func (w *work) recordsGone() {
	s := w.section("deleted", "", "Records that were deleted from topics", "ระเบียนที่ลบจากหัวข้อ")
	t := &Table{ID: "deleted", Caption: Text{"By topic and partition, as far as the last receipt in range", "แยกตามหัวข้อและพาร์ทิชัน ถึงใบรับสุดท้ายในช่วงเวลา"}, Empty: Text{"none was deleted in this range", "ไม่มีการลบในช่วงเวลานี้"}, Columns: []Column{wide("topic", 4, "Topic", "หัวข้อ"), counts("partition", "Partition", "พาร์ทิชัน"), counts("receipts", "Receipts", "ใบรับ"), col("to", "Deleted before offset", "ลบก่อนออฟเซ็ต"), wide("time", 2, "Last at", "ครั้งล่าสุด")}}
	type last struct {
		n  int
		at Cited[Deletion]
	}
	by := map[place]*last{}
	for _, d := range w.Facts.Deleted {
		if d.Body.Evidence == "log-start" {
			l := entry(by, place{d.Body.Topic, d.Body.Partition})
			l.n, l.at = l.n+1, d
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(by), func(a, b place) int {
		return 2*strings.Compare(a.topic, b.topic) + int(min(1, max(-1, a.partition-b.partition)))
	}) {
		l := by[p]
		w.prove(l.at.Index)
		t.row(word(p.topic), number(p.partition), number(l.n), word(l.at.Body.To), at(l.at.Time))
	}
	s.table(t)
}

// erased lists the erasures of persons.
func (w *work) erased() {
	s := w.section("erasures", "GDPR Art. 17 ○; PDPA s.33", "Erasures of persons", "การลบข้อมูลของบุคคล")
	t := &Table{ID: "erasures", Caption: Text{"Persons whose keys were destroyed in this range", "บุคคลที่กุญแจถูกทำลายในช่วงเวลานี้"}, Empty: Text{"none in this range", "ไม่มีในช่วงเวลานี้"}, Columns: []Column{wide("intent", 2, "Intent", "เจตนา"), counts("persons", "Persons", "บุคคล"), wide("time", 2, "Time", "เวลา"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	for _, d := range w.Facts.Shreds {
		w.prove(d.Index)
		t.row(word(d.Body.Of), number(d.Body.Last-d.Body.First+1), at(d.Time), number(d.Index))
	}
	s.table(t)
	s.note("What was encrypted, or tokenised under a person's key, is unreadable since; rows, files and other pseudonyms are not deleted by this build.", "ค่าที่เข้ารหัสหรือแทนด้วยโทเคนภายใต้กุญแจของบุคคลอ่านไม่ได้อีก แต่รุ่นนี้ไม่ลบแถว ไฟล์ และนามแฝงอื่น")
}
