package report

// dpv is the namespace of the W3C Data Privacy Vocabulary.
const dpv = "https://w3id.org/dpv#"

// words are the words of the pages' frame.
func words(key string) Text {
	switch key {
	case "workspace":
		return Text{"Workspace", "พื้นที่ทำงาน"}
	case "range":
		return Text{"Time range", "ช่วงเวลา"}
	case "to":
		return Text{"to", "ถึง"}
	case "made":
		return Text{"Made at", "จัดทำเมื่อ"}
	case "checkpoint":
		return Text{"Rests on checkpoint", "อ้างอิงจุดตรวจสอบ"}
	case "entries":
		return Text{"entries", "รายการ"}
	case "root":
		return Text{"root", "รากแฮช"}
	case "revisions":
		return Text{"Policy revisions", "รุ่นของนโยบาย"}
	case "contents":
		return Text{"Contents", "สารบัญ"}
	case "note":
		return Text{"The signed checkpoint", "จุดตรวจสอบที่ลงลายมือชื่อ"}
	case "proofs":
		return Text{"Proofs that the entries which this report names are in the log", "หลักฐานว่ารายการที่รายงานนี้อ้างถึงอยู่ในบันทึก"}
	case "page":
		return Text{"page", "หน้า"}
	}
	return same(key)
}

// resultCell says what a masking leaves of a value. Pseudonymised data stays personal
// data, and is called that.
func resultCell(result string) Cell {
	c := term(result, same(result))
	switch result {
	case "clear":
		c.Text = Text{"clear", "ไม่ปิดบัง"}
	case "pseudonymised":
		c.Text, c.IRI = Text{"pseudonymised (personal data)", "แฝงข้อมูล (ยังเป็นข้อมูลส่วนบุคคล)"}, dpv+"PseudonymisedData"
	case resultUnknown:
		c.Text = Text{"not known: a revision that masked it cannot be read", "ไม่ทราบ เนื่องจากอ่านรุ่นนโยบายที่ใช้ในขณะนั้นไม่ได้"}
	case "removed":
		c.Text, c.IRI = Text{"removed", "ลบออก"}, dpv+"DataRedaction"
	}
	return c
}

// operatorCell is an operator with the measure of DPV that it is.
func operatorCell(op string) Cell {
	c := word(op)
	switch op {
	case "hmac", "tokenize", "fpe":
		c.IRI = dpv + "DeterministicPseudonymisation"
	case "encrypt", "fake", "partial", "shift_date", "noise", "generalize":
		c.IRI = dpv + "Pseudonymisation"
	case "redact", "null", "drop", "detect":
		c.IRI = dpv + "DataRedaction"
	}
	return c
}
