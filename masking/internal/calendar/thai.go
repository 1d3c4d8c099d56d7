package calendar

const (
	// Buddhist is how many years the Buddhist era is ahead of the common era.
	Buddhist = 543
	// FirstBuddhist is the year from which one that names no era is of the Buddhist
	// era: 1857. Nobody who lives was born before it, and no date of ours lies after
	// the year 2399.
	FirstBuddhist = 2400
)

// Forms of a Thai month's name.
const (
	Full  = iota
	Short // with dots
	Bare  // short, without dots
)

// ThaiMonth is the name of a month from 1 to 12.
func ThaiMonth(month, form int) string { return thaiMonths[month-1][form] }

var thaiMonths = [12][3]string{
	{"มกราคม", "ม.ค.", "มค"}, {"กุมภาพันธ์", "ก.พ.", "กพ"}, {"มีนาคม", "มี.ค.", "มีค"}, {"เมษายน", "เม.ย.", "เมย"},
	{"พฤษภาคม", "พ.ค.", "พค"}, {"มิถุนายน", "มิ.ย.", "มิย"}, {"กรกฎาคม", "ก.ค.", "กค"}, {"สิงหาคม", "ส.ค.", "สค"},
	{"กันยายน", "ก.ย.", "กย"}, {"ตุลาคม", "ต.ค.", "ตค"}, {"พฤศจิกายน", "พ.ย.", "พย"}, {"ธันวาคม", "ธ.ค.", "ธค"},
}
