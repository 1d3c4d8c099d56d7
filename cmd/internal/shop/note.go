package shop

import "strings"

// note is what somebody of the shop wrote about a customer: often nothing, and
// often more than they should have.
func (g *generator) note(home *country, c Customer) string {
	if g.IntN(5) < 2 {
		return ""
	}
	from := englishNotes()
	if home.code == "TH" && g.IntN(4) > 0 {
		from = thaiNotes()
	}
	return g.complete(pick(g, from), home, c)
}

// complete writes data into a text: {phone} and the like stand for the
// customer's, {other} and {otherphone} for somebody else's.
func (g *generator) complete(text string, home *country, c Customer) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		field, after, _ := strings.Cut(rest, "}")
		switch field {
		case "name":
			b.WriteString(c.FullName)
		case "email":
			b.WriteString(c.Email)
		case "phone":
			b.WriteString(c.Phone)
		case "id":
			b.WriteString(c.NationalID)
		case "card":
			b.WriteString(c.CardNumber)
		case "address":
			b.WriteString(c.Address)
		case "born":
			b.WriteString(c.BirthDate.Format("02/01/2006"))
		case "other":
			b.WriteString(g.person(home).name)
		case "otherphone":
			b.WriteString(home.phone(g))
		case "number":
			b.WriteString(g.fill("%###"))
		}
		text = after
	}
}

func thaiNotes() []string {
	return []string{
		"ลูกค้าแจ้งเปลี่ยนเบอร์โทรเป็น {otherphone} กรุณาติดต่อเบอร์ใหม่",
		"คุณ{name} โทรมาสอบถามสถานะคำสั่งซื้อ #{number} ให้โทรกลับ {phone}",
		"ขอใบกำกับภาษีเต็มรูป เลขประจำตัวประชาชน {id}",
		"ส่งเอกสารไปที่ {email} แล้ว รอลูกค้ายืนยัน",
		"ลูกค้าขอให้ฝากของไว้กับ {other} โทร {otherphone}",
		"ชำระด้วยบัตร {card} ระบบปฏิเสธสองครั้ง แนะนำให้โอนแทน",
		"ที่อยู่ใหม่: {address}",
		"เกิดวันที่ {born} ขอรับส่วนลดเดือนเกิด",
		"ลูกค้าประจำ ชอบกาแฟคั่วกลาง ไม่รับถุงพลาสติก",
		"แพ้ถั่วลิสง ห้ามใส่ของแถมที่มีถั่ว ติดต่อ {phone}",
		"LINE: {email} / มือถือ {phone} สะดวกหลังหกโมงเย็น",
		"โทรไม่ติดสามครั้ง ส่งอีเมลแทน",
	}
}

func englishNotes() []string {
	return []string{
		"Called from {otherphone} about order #{number}, please call back on {phone}.",
		"Wants the invoice sent to {email}.",
		"ID check done at the counter: {id}.",
		"Card {card} was declined twice, will pay by transfer.",
		"Leave parcels with {other} ({otherphone}) when nobody is home.",
		"{name} moved to {address}.",
		"Born {born}, asked for the birthday voucher.",
		"Prefers delivery after 18:00. No plastic bags.",
		"Allergic to peanuts, check the gift box. Emergency contact {other}, {otherphone}.",
		"Regular since the first week, likes medium roast.",
		"Complaint about order #{number}: parcel opened. Refund to {card} approved.",
		"Same household as {other}; do not merge the accounts.",
	}
}

// gift is what goes on the card of a present.
func (g *generator) gift(home *country, to person) string {
	from := []string{
		"Happy birthday {to}! With love from {other}",
		"For {to}, congratulations on the new home. Call me: {otherphone}",
		"Dear {to}, get well soon. {other} and family",
		"Thank you for everything, {to}!",
		"Merry Christmas",
	}
	if home.code == "TH" {
		from = []string{
			"สุขสันต์วันเกิดนะ {to} จาก {other}",
			"ถึง{to} ยินดีด้วยกับบ้านใหม่ โทรหาด้วยนะ {otherphone}",
			"ขอให้หายไว ๆ รักและคิดถึง {other}",
			"ขอบคุณสำหรับทุกอย่างค่ะ คุณ{to}",
			"สวัสดีปีใหม่",
		}
	}
	text := strings.ReplaceAll(pick(g, from), "{to}", to.name)
	return g.complete(text, home, Customer{})
}
