package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/stream"
)

func qualityKind() Kind {
	return Kind{Name: "quality", Title: Text{"Data quality", "คุณภาพข้อมูล"},
		Help: "nulls, empty values, violations of contracts and repeated keys, as the sources gave the rows", Wants: Wants{Details: true}, make: quality}
}

// quality sums up what rows were like before masking hid them.
func quality(w *work) {
	by := map[Hop]*stream.MaskCount{}
	for h, m := range w.Facts.Masks {
		h.Day = ""
		sum := entry(by, h)
		sum.Quality.Add(&m.Quality)
		sum.Quarantined = merge(sum.Quarantined, m.Quarantined)
	}
	hops := slices.SortedFunc(maps.Keys(by), func(a, b Hop) int { return strings.Compare(a.Owner+"\x00"+a.Stream, b.Owner+"\x00"+b.Stream) })
	w.qualityOverview(hops, by)
	w.fieldQuality(hops, by)
	w.violations(hops, by)
	w.refusedOverTime()
}

func (w *work) qualityOverview(hops []Hop, by map[Hop]*stream.MaskCount) {
	s := w.section("overview", "", "Streams", "สตรีม")
	s.say("Counted from detail records, before masking: rows that were delivered. Of fields of class special nothing is counted.", "นับจากบันทึกรายละเอียดก่อนปิดบัง เฉพาะแถวที่ส่งแล้ว ไม่นับฟิลด์ประเภท special")
	t := &Table{ID: "overview", Caption: Text{"By connection and stream", "แยกตามการเชื่อมต่อและสตรีม"}, Empty: Text{"no detail record could be read in this range", "ไม่มีบันทึกรายละเอียดที่อ่านได้ในช่วงเวลานี้"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), wide("stream", 2, "Stream", "สตรีม"), counts("rows", "Rows", "แถว"), counts("inserts", "Inserts", "เพิ่ม"), counts("repeats", "Keys again (estimate)", "คีย์ซ้ำ (ประมาณ)"), col("newest", "Newest change", "การเปลี่ยนแปลงล่าสุด")}}
	for _, h := range hops {
		q := by[h].Quality
		newest := time.Time{}
		if q.Newest > 0 {
			newest = time.UnixMilli(int64(q.Newest))
		}
		t.row(word(h.Owner), word(h.Stream), number(q.Rows), number(q.Keys.Inserts), number(q.Keys.Repeats), at(newest))
	}
	s.table(t)
}

func (w *work) fieldQuality(hops []Hop, by map[Hop]*stream.MaskCount) {
	s := w.section("fields", "", "Nulls and empty values", "ค่าว่างและค่า null")
	t := &Table{ID: "fields", Caption: Text{"Fields with nulls or empty values", "ฟิลด์ที่มีค่า null หรือค่าว่าง"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), wide("stream", 2, "Stream", "สตรีม"), col("field", "Field", "ฟิลด์"), counts("nulls", "Null", "null"), counts("empties", "Empty", "ว่าง"), counts("rows", "Of rows", "จากแถว"), col("share", "Share", "สัดส่วน")}}
	for _, h := range hops {
		q := by[h].Quality
		paths := map[string]bool{}
		for p := range q.Nulls {
			paths[p] = true
		}
		for p := range q.Empties {
			paths[p] = true
		}
		for _, p := range slices.Sorted(maps.Keys(paths)) {
			share := "–"
			if q.Rows > 0 {
				share = fmt.Sprintf("%.2f %%", 100*float64(q.Nulls[p]+q.Empties[p])/float64(q.Rows))
			}
			t.row(word(h.Owner), word(h.Stream), word(p), number(q.Nulls[p]), number(q.Empties[p]), number(q.Rows), word(share))
		}
	}
	s.table(t)
}

func (w *work) violations(hops []Hop, by map[Hop]*stream.MaskCount) {
	s := w.section("violations", "", "Violations of contracts", "การละเมิดสัญญาข้อมูล")
	t := &Table{ID: "violations", Caption: Text{"Records in quarantine, by reason and field", "ระเบียนที่กักกัน แยกตามเหตุผลและฟิลด์"}, Empty: Text{"none", "ไม่มี"}, Columns: []Column{
		col("connection", "Connection", "การเชื่อมต่อ"), wide("stream", 2, "Stream", "สตรีม"), col("reason", "Reason", "เหตุผล"), col("field", "Field", "ฟิลด์"), counts("records", "Records", "ระเบียน")}}
	for _, h := range hops {
		for _, reason := range slices.Sorted(maps.Keys(by[h].Quarantined)) {
			for _, path := range slices.Sorted(maps.Keys(by[h].Quarantined[reason])) {
				field := word(path)
				if path == "" {
					field = term("", Text{"the whole record", "ทั้งระเบียน"})
				}
				t.row(word(h.Owner), word(h.Stream), word(reason), field, number(by[h].Quarantined[reason][path]))
			}
		}
	}
	s.table(t)
}

// refusedOverTime draws the records in quarantine by day.
func (w *work) refusedOverTime() {
	s := w.section("time", "", "Over time", "ตามเวลา")
	days := w.Facts.days()
	if len(days) == 0 {
		s.say("Nothing moved in this range.", "ไม่มีข้อมูลเคลื่อนย้ายในช่วงเวลานี้")
		return
	}
	c := &Chart{ID: "quarantined", Title: Text{"Records in quarantine by day", "ระเบียนที่กักกันรายวัน"}, Unit: Text{"records", "ระเบียน"}, X: days, Series: []Series{{ID: "quarantined", Name: Text{"quarantined", "กักกัน"}}}}
	for _, day := range days {
		n := w.Facts.sum(func(h Hop) bool { return h.Day == day && h.Stage == "mask" })
		c.Series[0].Y = append(c.Series[0].Y, float64(n.Quarantined))
	}
	if slices.Max(c.Series[0].Y) == 0 {
		s.say("No record went to quarantine in this range.", "ไม่มีระเบียนที่ถูกกักกันในช่วงเวลานี้")
		return
	}
	s.chart(c)
}
