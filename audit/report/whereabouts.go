package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// lying is an object that covers offsets in which records about a person lie.
type lying struct {
	Object
	offsets []string // of the person's batches, as far as the object covers them
}

// arrival is what of a person's batches arrived for a stream over one connection.
type arrival struct {
	connection, purpose, stream string
	records                     int64
	masked, loaded              span
	files                       map[string]bool
	waiting                     int64 // batches of which a range, or a part of one, no receipt covers
}

// span is a first and a last time.
type span struct{ first, last time.Time }

func (s *span) add(t time.Time) {
	if s.first.IsZero() || t.Before(s.first) {
		s.first = t
	}
	if t.After(s.last) {
		s.last = t
	}
}

// whereLies is where a person's batches lie.
type whereLies struct {
	objects  []*lying
	arrivals []*arrival
}

// lies follows each batch of the person from its masked offsets to the objects that
// cover them. A row is not told from its neighbours: that takes keys.
func (w *work) lies() whereLies {
	type chain struct {
		connection string
		place
	}
	covers := map[chain][]*lying{}
	for _, o := range w.Facts.Objects {
		c := chain{o.Connection, place{o.Topic, o.Partition}}
		covers[c] = append(covers[c], &lying{Object: o})
	}
	for _, all := range covers {
		slices.SortStableFunc(all, func(a, b *lying) int { return cmp.Compare(a.From, b.From) })
	}
	var out whereLies
	by := map[[3]string]*arrival{}
	for _, b := range w.Facts.Found.Batches {
		key := [3]string{b.Connection, b.Purpose, b.Stream}
		a := by[key]
		if a == nil {
			a = &arrival{connection: b.Connection, purpose: b.Purpose, stream: b.Stream, files: map[string]bool{}}
			by[key], out.arrivals = a, append(out.arrivals, a)
		}
		a.records += b.Records
		a.masked.add(b.Time)
		whole := len(b.Ranges) > 0
		for _, r := range b.Ranges {
			whole = a.follow(r, covers[chain{b.Connection, place{r.Topic, r.Partition}}]) && whole
		}
		if !whole {
			a.waiting++
		}
	}
	for _, all := range covers {
		for _, o := range all {
			if len(o.offsets) > 0 {
				out.objects = append(out.objects, o)
			}
		}
	}
	slices.SortFunc(out.objects, func(a, b *lying) int { return cmp.Compare(a.Leaf, b.Leaf) })
	return out
}

// follow notes which objects a range of a batch lies in; all are those of its partition,
// in order. It reports whether they cover the whole of it.
func (a *arrival) follow(r Range, all []*lying) bool {
	at, _ := slices.BinarySearchFunc(all, r.First, func(o *lying, first int64) int { return cmp.Compare(o.To, first+1) })
	whole, next := true, r.First
	for ; at < len(all) && all[at].From <= r.Last; at++ {
		o := all[at]
		o.offsets = append(o.offsets, fmt.Sprintf("%d-%d", max(r.First, o.From), min(r.Last, o.To-1)))
		whole = whole && o.From <= next
		next = o.To
		a.loaded.add(o.Time)
		if o.Name != "" {
			a.files[o.Name] = true
		}
	}
	return whole && next > r.Last
}

// destination is the sink of a connection; its name where the folder has it no more.
func (w *work) destination(connection string) string {
	c, _ := w.connection(connection)
	return cmp.Or(c.To, connection)
}

// arrived tells, by sink and purpose, how many batches arrived, and when.
func (w *work) arrived(in whereLies) {
	s := w.section("arrived", "GDPR Art. 15(1)(a), (c) ○; PDPA s.30", "Where the person's records arrived", "ระเบียนของบุคคลถูกส่งถึงที่ใด")
	t := &Table{ID: "arrived", Caption: Text{"By sink and purpose", "ตามปลายทางและวัตถุประสงค์"}, Empty: Text{"the index of subjects names no record about the person", "ดัชนีบุคคลไม่มีระเบียนเกี่ยวกับบุคคลนี้"}, Columns: []Column{
		col("sink", "Sink", "ปลายทาง"), col("purpose", "Purpose", "วัตถุประสงค์"), wide("stream", 2, "Stream", "สตรีม"), counts("records", "Records", "ระเบียน"), col("first-masked", "First masked", "ปิดบังครั้งแรก"), col("last-masked", "Last masked", "ปิดบังครั้งล่าสุด"),
		col("first-loaded", "First loaded", "ส่งถึงครั้งแรก"), col("last-loaded", "Last loaded", "ส่งถึงครั้งล่าสุด"), counts("files", "Files", "ไฟล์"), counts("waiting", "Batches not loaded whole", "ชุดที่ยังส่งไม่ครบ")}}
	for _, a := range in.arrivals {
		t.row(word(w.destination(a.connection)), word(a.purpose), word(a.stream), number(a.records), at(a.masked.first), at(a.masked.last), at(a.loaded.first), at(a.loaded.last), number(len(a.files)), number(a.waiting))
	}
	s.table(t)
	w.uncovered(s, w.Facts.Found.Reach)
	s.say("A batch is not loaded whole where no receipt of the sink in this range of time covers some of its offsets.", "ชุดที่ยังส่งไม่ครบ คือชุดที่มีช่วงออฟเซ็ตซึ่งไม่มีใบรับของปลายทางในช่วงเวลานี้ครอบคลุม")
}

// files lists what holds batches of the person.
func (w *work) files(in whereLies) {
	s := w.section("files", "GDPR Arts. 15(1)(c), 19 ○; PDPA s.30", "Files with records about the person", "ไฟล์ที่มีระเบียนเกี่ยวกับบุคคล")
	s.say("From the offsets of the person's batches to the files that the sinks' receipts name for them, each by the SHA-256 of its bytes. The offsets are those of batches and hold records of others, too: which row of a file is the person's, the keys alone tell, and a report uses none.",
		"จากออฟเซ็ตของชุดข้อมูลของบุคคล ไปยังไฟล์ที่ใบรับของปลายทางระบุพร้อมค่า SHA-256 ของไฟล์ ช่วงออฟเซ็ตเป็นของทั้งชุดซึ่งมีระเบียนของบุคคลอื่นด้วย การระบุว่าแถวใดของไฟล์เป็นของบุคคลนี้ต้องใช้กุญแจ ซึ่งรายงานไม่ใช้")
	w.listed(s, in.objects, Text{"Offsets of the person's batches in it", "ออฟเซ็ตของชุดข้อมูลของบุคคลในไฟล์"}, Text{"no receipt of a sink in this range covers the person's batches", "ไม่มีใบรับของปลายทางในช่วงเวลานี้ที่ครอบคลุมชุดข้อมูลของบุคคล"})
	w.uncovered(s, w.Facts.Found.Reach)
}

// listed lists objects with the receipts that name them.
func (w *work) listed(s *Section, all []*lying, offsets, empty Text) {
	t := &Table{ID: "files", Caption: Text{"In the order in which they were loaded", "เรียงตามลำดับที่ส่งถึง"}, Empty: empty, Columns: []Column{
		wide("file", 4, "File", "ไฟล์"), wide("sha256", 3, "SHA-256", "SHA-256"), col("sink", "Sink", "ปลายทาง"), wide("topic", 4, "Topic and partition", "หัวข้อและพาร์ทิชัน"), wide("offsets", 2, offsets.EN, offsets.TH),
		counts("rows", "Rows of the file", "แถวของไฟล์"), col("loaded", "Loaded at", "ส่งถึงเมื่อ"), counts("entry", "Entry of the log", "รายการในบันทึก")}}
	for _, o := range all[:min(len(all), shown)] {
		w.prove(o.Leaf)
		name := word(o.Name)
		if o.Name == "" {
			name = term("table", Text{"rows of a table, no file", "แถวในตาราง ไม่มีไฟล์"})
		}
		t.row(name, word(o.SHA256), word(w.destination(o.Connection)), word(fmt.Sprintf("%s/%d", o.Topic, o.Partition)), word(strings.Join(o.offsets, "\n")), number(o.Rows), at(o.Time), number(o.Leaf))
	}
	s.table(t)
	if n := len(all) - shown; n > 0 {
		s.note(several(n, "file")+" more were found.", fmt.Sprintf("พบอีก %d ไฟล์", n))
	}
}
