package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func coverageKind() Kind {
	return Kind{Name: "coverage", Title: Text{"Masking coverage", "ความครอบคลุมของการปิดบังข้อมูล"},
		Help: "per column: what, how, since when, under which rule and section", Wants: Wants{Details: true}, make: coverage}
}

func coverage(w *work) {
	w.overview()
	for _, c := range w.Folder.Connections {
		w.columnsOf(c)
	}
	w.overTime()
	w.revisionsInForce()
}

// overview says in a line a connection how much is masked.
func (w *work) overview() {
	s := w.section("overview", "", "Overview", "ภาพรวม")
	s.say("Each field that a contract lists is either clear, pseudonymised or removed. Pseudonymised data is still personal data. A field that no contract lists leaves the encrypted topics only redacted.",
		"แต่ละฟิลด์ในสัญญาข้อมูลจะถูกส่งแบบไม่ปิดบัง แฝงข้อมูล หรือลบออก ข้อมูลที่แฝงแล้วยังเป็นข้อมูลส่วนบุคคล ฟิลด์ที่ไม่มีในสัญญาข้อมูลจะออกจากพื้นที่เข้ารหัสได้เฉพาะในสภาพที่ถูกปิดบังแล้ว")
	t := &Table{ID: "overview", Caption: Text{"Connections", "การเชื่อมต่อ"}, Empty: Text{"the folder has none", "ไม่มี"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), col("sink", "Sink, region", "ปลายทาง ภูมิภาค"), col("purpose", "Purpose", "วัตถุประสงค์"), col("packs", "Laws", "กฎหมาย"),
		counts("streams", "Streams", "สตรีม"), counts("clear", "Fields clear", "ไม่ปิดบัง"), counts("pseudonymised", "Pseudonymised", "แฝงข้อมูล"), counts("removed", "Removed", "ลบออก"),
		counts("delivered", "Records delivered in range", "ระเบียนที่ส่งในช่วงเวลา"), col("since", "Revision in force since", "รุ่นนโยบายมีผลตั้งแต่")}}
	for _, c := range w.Folder.Connections {
		n := map[string]int{}
		for _, st := range c.Streams {
			for _, f := range st.Fields {
				n[f.Result]++
			}
		}
		since, index := w.Facts.since(c.Name, c.Revision)
		w.prove(index)
		sum := w.Facts.sum(func(h Hop) bool { return h.Stage == "mask" && h.Owner == c.Name })
		t.row(word(c.Name), word(strings.TrimSuffix(c.To+", "+w.sink(c.To).Region, ", ")), word(c.Purpose), word(strings.Join(c.Packs, ", ")),
			number(len(c.Streams)), number(n["clear"]), number(n["pseudonymised"]), number(n["removed"]), number(sum.Delivered), at(since))
	}
	s.table(t)
}

// columnsOf lists the fields of a connection.
func (w *work) columnsOf(c Connection) {
	s := w.section("columns-"+c.Name, "", "Fields of "+c.Name, "ฟิลด์ของ "+c.Name)
	for _, st := range c.Streams {
		t := &Table{ID: "columns-" + c.Name + "-" + st.Name, Caption: join(same(st.Name + ": " + st.Class + " → " + st.Label)), Columns: []Column{
			wide("field", 2, "Field", "ฟิลด์"), wide("element", 2, "What it is about", "เกี่ยวกับ"), col("class", "Class", "ประเภท"), wide("operator", 1, "Masked by", "วิธีปิดบัง"), wide("result", 2, "Result", "ผลลัพธ์"),
			wide("rule", 3, "Rule", "กฎ"), wide("sections", 2, "Sections", "มาตรา"), wide("since", 2, "Since", "ตั้งแต่"), counts("values", "Values handled in range", "ค่าที่ประมวลผลในช่วงเวลา")}}
		for _, f := range st.Fields {
			since, exact := w.heldSince(c, st.Name, f)
			held := at(since)
			if !exact && !since.IsZero() {
				held.Text = Text{held.ID + ", or before", held.ID + " หรือก่อนหน้า"}
			}
			t.row(word(f.Path), w.element(f), word(f.Class), operatorCell(f.Operator), resultCell(f.Result), word(f.Where), w.sections(f), held, w.values(c.Name, st.Name, f.Path, f.Operator))
		}
		s.table(t)
		if n := w.unlisted(c.Name, st.Name); n > 0 {
			s.note(fmt.Sprintf("%s: %s values stood in members that no contract lists; they were redacted.", st.Name, grouped(n)), fmt.Sprintf("%s: มี %s ค่าในสมาชิกที่ไม่มีในสัญญาข้อมูล และถูกปิดบังแล้ว", st.Name, grouped(n)))
		}
	}
}

// element is what a field is about.
func (w *work) element(f Field) Cell {
	if f.Element == "" {
		return term("", Text{"nobody said", "ไม่ได้ระบุ"})
	}
	c := word(f.Element)
	c.IRI = w.laws.iri(f.Element)
	return c
}

// sections are those that allow what is done, marked where they were recalled.
func (w *work) sections(f Field) Cell {
	c := word(strings.Join(f.Sections, "\n"))
	c.Marked = slices.ContainsFunc(f.Sections, func(s string) bool { return strings.HasSuffix(s, "○") })
	c.ID = strings.ReplaceAll(c.ID, " ○", "")
	return c
}

// values counts what detail records say was done to a field, by operator where that is not
// the one of now alone.
func (w *work) values(connection, streamName, path, operator string) Cell {
	by, found := map[string]int64{}, false
	for h, m := range w.Facts.Masks {
		if h.Owner == connection && h.Stream == streamName {
			found = true
			for op, n := range m.Fields[path] {
				by[op] += int64(n)
			}
		}
	}
	if !found {
		return term("", Text{"–", "–"})
	}
	if n, only := by[operator]; len(by) == 0 || only && len(by) == 1 {
		return number(n)
	}
	var said []string
	for _, op := range slices.Sorted(maps.Keys(by)) {
		said = append(said, op+" "+grouped(by[op]))
	}
	return word(strings.Join(said, "\n"))
}

func (w *work) unlisted(connection, streamName string) (n int64) {
	for h, m := range w.Facts.Masks {
		if h.Owner == connection && h.Stream == streamName {
			n += int64(m.Unlisted())
		}
	}
	return n
}

// overTime draws flows and the masked share by day.
func (w *work) overTime() {
	days := w.Facts.days()
	s := w.section("time", "", "Over time", "ตามเวลา")
	if len(days) == 0 {
		s.say("Nothing moved in this range.", "ไม่มีข้อมูลเคลื่อนย้ายในช่วงเวลานี้")
		return
	}
	flow := &Chart{ID: "flows", Title: Text{"Records masked by day", "ระเบียนที่ผ่านการปิดบังรายวัน"}, Unit: Text{"records", "ระเบียน"}, X: days, Series: []Series{
		{ID: "delivered", Name: Text{"delivered", "ส่งแล้ว"}}, {ID: "quarantined", Name: Text{"quarantined", "กักกัน"}}, {ID: "filtered", Name: Text{"filtered", "กรองออก"}}, {ID: "shredded", Name: Text{"shredded", "ทำลายกุญแจแล้ว"}}}}
	share := &Chart{ID: "share", Title: Text{"Share of values that were masked, by day", "สัดส่วนค่าที่ถูกปิดบังรายวัน"}, Unit: Text{"percent of values", "ร้อยละของค่า"}, Lines: true, Percent: true, Series: []Series{{ID: "masked", Name: Text{"masked", "ปิดบังแล้ว"}}}}
	lag := &Chart{ID: "lag", Title: Text{"From masking to the sink, by day", "เวลาจากการปิดบังถึงปลายทางรายวัน"}, Unit: Text{"seconds", "วินาที"}, Lines: true,
		Series: []Series{{ID: "mean", Name: Text{"mean", "เฉลี่ย"}}, {ID: "most", Name: Text{"longest", "นานที่สุด"}}}}
	for _, day := range days {
		n := w.Facts.sum(func(h Hop) bool { return h.Day == day && h.Stage == "mask" })
		for i, v := range []int64{n.Delivered, n.Quarantined, n.Filtered, n.Shredded} {
			flow.Series[i].Y = append(flow.Series[i].Y, float64(v))
		}
		if kept, all := w.shareOf(day); all > 0 {
			share.X = append(share.X, day)
			share.Series[0].Y = append(share.Series[0].Y, 100*float64(all-kept)/float64(all))
		}
		var l Lag
		for h, n := range w.Facts.Lags {
			if h.Day == day {
				l.Parts, l.Sum, l.Max = l.Parts+n.Parts, l.Sum+n.Sum, max(l.Max, n.Max)
			}
		}
		if l.Parts > 0 {
			lag.X = append(lag.X, day)
			lag.Series[0].Y = append(lag.Series[0].Y, l.Sum.Seconds()/float64(l.Parts))
			lag.Series[1].Y = append(lag.Series[1].Y, l.Max.Seconds())
		}
	}
	s.chart(flow)
	s.chart(share)
	s.chart(lag)
}

// shareOf counts the values of a day that were kept, and all.
func (w *work) shareOf(day string) (kept, all int64) {
	for h, m := range w.Facts.Masks {
		if h.Day != day {
			continue
		}
		for _, ops := range m.Fields {
			for op, n := range ops {
				all += int64(n)
				if op == "keep" {
					kept += int64(n)
				}
			}
		}
	}
	return kept, all
}

// revisionsInForce lists the changes of policy.
func (w *work) revisionsInForce() {
	s := w.section("revisions", "", "Revisions that were put in force", "รุ่นของนโยบายที่มีผลใช้บังคับ")
	t := &Table{ID: "revisions", Caption: Text{"Announcements, oldest first", "ประกาศ เรียงจากเก่าสุด"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), wide("revision", 4, "Revision", "รุ่น"), wide("since", 2, "In force since", "มีผลตั้งแต่"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	for _, c := range w.Folder.Connections {
		for _, a := range w.Facts.order(c.Name) {
			w.prove(a.Index)
			t.row(word(c.Name), word(a.Body.Revision), at(a.Time), number(a.Index))
		}
	}
	s.table(t)
}
