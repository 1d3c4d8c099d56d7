package detect

import (
	"fmt"
	"strings"
	"testing"
)

// marked takes a text with findings in brackets, [ENTITY:value], apart.
func marked(t *testing.T, s string) (text string, want []string) {
	t.Helper()
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "⟦")
		b.WriteString(before)
		if !ok {
			return b.String(), want
		}
		inside, after, _ := strings.Cut(rest, "⟧")
		entity, value, ok := strings.Cut(inside, "|")
		if !ok {
			t.Fatalf("no entity in %q", inside)
		}
		want = append(want, fmt.Sprintf("%d-%d %s", b.Len(), b.Len()+len(value), entity))
		b.WriteString(value)
		s = after
	}
}

func finder(t testing.TB, entities ...string) *Finder {
	t.Helper()
	f, err := New(Options{Entities: entities})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// expect checks that exactly what ⟦ENTITY|value⟧ marks is found in each line.
func expect(t *testing.T, lines string) {
	t.Helper()
	f := finder(t)
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		text, want := marked(t, line)
		var got []string
		for _, g := range f.Find(nil, []byte(text)) {
			got = append(got, fmt.Sprintf("%d-%d %s", g.Start, g.End, g.Entity))
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%s\n found %v\n want  %v", line, f.Find(nil, []byte(text)), want)
		}
	}
}

func TestAddressesOfMailAreFoundWhole(t *testing.T) {
	expect(t, `
		write to ⟦EMAIL_ADDRESS|john.smith+tag@example.co.uk⟧, please
		<⟦EMAIL_ADDRESS|a@b.io⟧>; "⟦EMAIL_ADDRESS|o'neil@example.com⟧".
		อีเมล⟦EMAIL_ADDRESS|somchai_2@example.co.th⟧ครับ
		Grüße an ⟦EMAIL_ADDRESS|jürgen@müller.de⟧.
		mailto:⟦EMAIL_ADDRESS|x@y-z.org⟧?subject=1
		from=⟦EMAIL_ADDRESS|x.y@z.museum⟧ to=⟦EMAIL_ADDRESS|q@w.local⟧
		see you@home, @handle, a@b and foo@ bar
		write to ⟦EMAIL_ADDRESS|ann@example.com⟧.Thanks
		⟦EMAIL_ADDRESS|user@xn--80ak6aa92e.com⟧ ⟦EMAIL_ADDRESS|u@[192.168.2.1]⟧
		ｍａｉｌ ⟦EMAIL_ADDRESS|ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ⟧ ok
	`)
}

func TestAddressesOfTheWebAreFoundWhole(t *testing.T) {
	expect(t, `
		see ⟦URL|https://example.com/a?b=c#d⟧.
		(⟦URL|http://en.wikipedia.org/wiki/Foo_(bar)⟧) and ⟦URL|www.smith-jones.co.uk⟧!
		⟦URL|example.org⟧ or ⟦URL|shop.example.de/cart/1⟧, not file.py nor end.It nor README.md nor e.g. this
		⟦URL|ftp://files.example.net:21/x⟧ ⟦URL|http://localhost:8080/⟧ ⟦URL|postgres://u:p@db/x⟧
		Node.js 18, ASP.NET, System.IO and user.name are code
	`)
}

func TestInternetAddressesAreNotVersions(t *testing.T) {
	expect(t, `
		from ⟦IP_ADDRESS|192.168.1.20⟧ to ⟦IP_ADDRESS|10.0.0.0/8⟧, port ⟦IP_ADDRESS|8.8.8.8⟧:53
		version 10.2.3.4 and v1.2.3.4, 1.2.3.4.5, 256.1.1.1, section 4.1.2.3
		⟦IP_ADDRESS|2001:db8::1⟧ ⟦IP_ADDRESS|fe80::1%eth0⟧ ⟦IP_ADDRESS|::ffff:10.0.0.1⟧ ⟦IP_ADDRESS|2001:0db8:85a3:0000:0000:8a2e:0370:7334⟧, ⟦IP_ADDRESS|::1⟧
		std::vector a::b 10:20:30 12:30 foo::1
		mac ⟦MAC_ADDRESS|00:1A:2b:3c:4D:5E⟧
	`)
}

func TestCardsAndAccountsBearTheirCheckDigits(t *testing.T) {
	expect(t, `
		⟦CREDIT_CARD|4111 1111 1111 1111⟧, ⟦CREDIT_CARD|5555-5555-5555-4444⟧ ⟦CREDIT_CARD|378282246310005⟧ ⟦CREDIT_CARD|3782 822463 10005⟧
		4111 1111 1111 1112 and order 4111 1111 1111 1112, order 411111111111, invoice 6759649826438453123
		member ID ⟦CREDIT_CARD|5555555555554444⟧; customer ID ⟦TH_TNIN|3100600445635⟧; ID: ⟦SG_NRIC_FIN|T1234567J⟧
		order ⟦CREDIT_CARD|4111111111111111⟧, invoice no ⟦CREDIT_CARD|4111 1111 1111 1111⟧; ticket ⟦CREDIT_CARD|3782-822463-10005⟧
		⟦IBAN_CODE|GB82 WEST 1234 5698 7654 32⟧ and ⟦IBAN_CODE|DE89370400440532013000⟧, not DE88370400440532013000.
		⟦IBAN_CODE|gb82west12345698765432⟧ ⟦IBAN_CODE|FR14 2004 1010 0505 0001 3M02 606⟧
		บัตร⟦CREDIT_CARD|๔๑๑๑๑๑๑๑๑๑๑๑๑๑๑๑⟧ครับ ⟦CREDIT_CARD|4111–1111–1111–1111⟧
	`)
}

func TestTelephoneNumbersAreFoundByPlanFormAndContext(t *testing.T) {
	expect(t, `
		⟦PHONE_NUMBER|0695794361⟧ ⟦PHONE_NUMBER|068-619-0285⟧
		โทร⟦PHONE_NUMBER|081-234-5678⟧ หรือ ⟦PHONE_NUMBER|02 123 4567⟧ ต่อ
		เบอร์ ⟦PHONE_NUMBER|๐๘๑ ๒๓๔ ๕๖๗๘⟧ ครับ
		⟦PHONE_NUMBER|+66 81 234 5678⟧, ⟦PHONE_NUMBER|+66 (0) 81 234 5678⟧, ⟦PHONE_NUMBER|0066812345678⟧
		⟦PHONE_NUMBER|(212) 555-0123⟧ or ⟦PHONE_NUMBER|212.555.0123⟧ or ⟦PHONE_NUMBER|+1-212-555-0123 ext. 44⟧ or ⟦PHONE_NUMBER|001-581-896-0013x3890⟧
		⟦PHONE_NUMBER|020 7946 0958⟧, ⟦PHONE_NUMBER|+44 (0)20 7946 0958⟧, ⟦PHONE_NUMBER|(0161) 496 0000⟧
		⟦PHONE_NUMBER|01 23 45 67 89⟧ et ⟦PHONE_NUMBER|06.12.34.56.78⟧; ⟦PHONE_NUMBER|+33 1 23 45 67 89⟧
		⟦PHONE_NUMBER|030/12345678⟧ oder ⟦PHONE_NUMBER|0171 2345678⟧ ⟦PHONE_NUMBER|+49(0)30 12345678⟧
		⟦PHONE_NUMBER|9123 4567⟧ or code 65551234 now, my phone is ⟦PHONE_NUMBER|91234567⟧
		order number 5551234567, total 1 234 567, 10.000.000, part 12-345-678-9012, 2019-2020
		call ⟦PHONE_NUMBER|555-0123⟧ or ⟦PHONE_NUMBER|600 123 456⟧
		⟦PHONE_NUMBER|010-1234-5678⟧ ⟦PHONE_NUMBER|138 1234 5678⟧ ⟦PHONE_NUMBER|98765 43210⟧ ⟦PHONE_NUMBER|(11) 91234-5678⟧
		GET /orders?size=739 200 3507 and n=212 555 0123; phone=⟦PHONE_NUMBER|+442079460958⟧, the daughter is reachable on ⟦PHONE_NUMBER|784 470 854⟧
		Caller id ⟦PHONE_NUMBER|351503865⟧. Order id 351503865; gọi từ số ⟦PHONE_NUMBER|0912345678⟧
		ISBN 0-306-40615-2, 550e8400-e29b-41d4-a716-446655440000, 1700000000, 3.14159265358
	`)
}

func TestDatesAreFoundInNumbersAndWords(t *testing.T) {
	expect(t, `
		⟦DATE_TIME|2024-05-31⟧, ⟦DATE_TIME|31/05/2567⟧, ⟦DATE_TIME|05/31/24⟧, ⟦DATE_TIME|31.5.2024⟧, ⟦DATE_TIME|29.02.2024⟧, not 31/04/2024 or 29.02.2023
		⟦DATE_TIME|2024-05-31T10:11:12.123Z⟧ and ⟦DATE_TIME|2024-05-31 10:11:12,345⟧ and ⟦DATE_TIME|20240531T101112Z⟧ ⟦DATE_TIME|5/31/2024 9:30 PM⟧
		⟦DATE_TIME|5 May 2024⟧, ⟦DATE_TIME|May 5th, 2024⟧; ⟦DATE_TIME|5th of May⟧ ⟦DATE_TIME|Monday, 6 May 2024⟧ ⟦DATE_TIME|March 2024⟧ ⟦DATE_TIME|5-MAY-24⟧ ⟦DATE_TIME|05May2024⟧
		you may 5 times march 10 miles in may, sept. and 10:30, version 1.10.15
		am ⟦DATE_TIME|5. Mai 2024⟧ und ⟦DATE_TIME|1er janvier 2024⟧, el ⟦DATE_TIME|5 de mayo de 2024⟧, ⟦DATE_TIME|3 września 2023⟧, ⟦DATE_TIME|12 décembre 1999⟧ ⟦DATE_TIME|2024. 05. 31⟧
		วันที่ ⟦DATE_TIME|5 มกราคม 2567⟧ และ⟦DATE_TIME|๕ ม.ค. ๖๗⟧ หรือ ⟦DATE_TIME|5มกราคม2567⟧ ⟦DATE_TIME|12 ธ.ค. พ.ศ. 2560⟧ ⟦DATE_TIME|มิถุนายน 2561⟧ ⟦DATE_TIME|30 ม.ค.⟧ ที่
		⟦DATE_TIME|2024年5月31日⟧ ⟦DATE_TIME|2024년 5월 31일⟧
		⟦DATE_TIME|Thu Sep 1 21:56:41 1983⟧ ⟦DATE_TIME|05/Jan/2024:10:11:12 +0000⟧ ⟦DATE_TIME|Mon, 5 Jan 2024 10:11:12 +0200⟧ ⟦DATE_TIME|2024-05-31t10:11:12z⟧
		seen ⟦DATE_TIME|Jun 23, 2016⟧: well; ⟦DATE_TIME|March 1974⟧: ill; ⟦DATE_TIME|27 Aug 58⟧ was hot; closed until ⟦DATE_TIME|9.6.05⟧, release 9.6.05; Ihr Schreiben vom ⟦DATE_TIME|5.8.74⟧
		date of birth ⟦DATE_TIME|19800131⟧, expires ⟦DATE_TIME|05/2027⟧, order 20240531
	`)
}

func TestAddressesOfCryptoCurrenciesBearTheirChecksums(t *testing.T) {
	expect(t, `
		⟦CRYPTO|1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa⟧ ⟦CRYPTO|3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy⟧ not 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb
		⟦CRYPTO|rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh⟧ not rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi
		bitcoincash:⟦CRYPTO|qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a⟧ not qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q
		⟦CRYPTO|cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4afc3d27⟧ not cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4afc3d28
		⟦CRYPTO|bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4⟧ ⟦CRYPTO|bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0⟧
		⟦CRYPTO|0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed⟧ not 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD ⟦CRYPTO|0xde709f2102306220921060314715629080e2fb77⟧
	`)
}

func TestCredentialsAreFoundByFormAndByName(t *testing.T) {
	expect(t, `
		⟦ACCESS_TOKEN|AKIAIOSFODNN7EXAMPLE⟧ ⟦ACCESS_TOKEN|ghp_0123456789abcdefghijABCDEFGHIJ012345⟧
		aws_secret_access_key = ⟦ACCESS_TOKEN|wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧
		password=⟦PASSWORD|hunter2!⟧ and "pwd": "⟦PASSWORD|Correct-Horse7⟧", my password is ⟦PASSWORD|tr0ub4dor⟧. Password: required
		Authorization: Bearer ⟦ACCESS_TOKEN|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl⟧
		the token ring and the key is lost; secret: none
		⟦PRIVATE_KEY|-----BEGIN RSA PRIVATE KEY----- MIIB -----END RSA PRIVATE KEY-----⟧ -----BEGIN CERTIFICATE-----
	`)
}

func TestDocumentsAreFoundWhereAWordAnnouncesThem(t *testing.T) {
	expect(t, `
		passport ⟦PASSPORT|AB1234567⟧, US passport no. ⟦US_PASSPORT|A12345678⟧, part AB1234567
		⟦PASSPORT|L898902C36UTO7408122F1204159ZE184226B<<<<<10⟧ ⟦PASSPORT|P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<⟧
		the car with plate ⟦UK_VEHICLE_REGISTRATION|AB51 ABC⟧; ทะเบียน ⟦VEHICLE_REGISTRATION|1กข 1234⟧
		bank account ⟦US_BANK_NUMBER|945456787654⟧; โอนเข้าบัญชี ⟦BANK_ACCOUNT|123-4-56789-0⟧ ครับ
		mac ⟦MAC_ADDRESS|00-1A-2B-3C-4D-5E⟧ and ⟦MAC_ADDRESS|0012.3456.789A⟧
	`)
}

func TestIdentifiersStandAloneIfTheirCheckIsStrongOrTheirFormTells(t *testing.T) {
	expect(t, `
		SSN ⟦US_SSN|536-22-1234⟧ or ⟦US_SSN|536-22-1234⟧, serial 123456789
		NRIC ⟦SG_NRIC_FIN|S1234567D⟧ and ⟦SG_NRIC_FIN|F1234567N⟧ but not S1234567A
		social security number ⟦US_SSN|727-02-0624⟧
		CNPJ ⟦BR_CNPJ|12.ABC.345/01DE-35⟧ or ⟦BR_CNPJ|12ABC34501DE35⟧, not 12ABC34501DE36
		căn cước công dân ⟦VN_CCCD|079201012345⟧; số CCCD: ⟦VN_CCCD|079 201 012 345⟧ điện thoại ⟦PHONE_NUMBER|0912 345 678⟧
		เลขบัตรประชาชน ⟦TH_TNIN|1-1020-03456-78-1⟧
	`)
}

func TestCleanTextIsLeftAlone(t *testing.T) {
	expect(t, `
		Order 20231187 shipped with 3 items (SKU AB-1234-XY) for $1,234.56, tracking 1Z999AA10123456784.
		Build 10.2.33 of commit 9b3ba18f5e2d1c0a7b6c5d4e3f2a1b0c9d8e7f6a took 12:34 minutes at 99.5%.
		id=550e8400-e29b-41d4-a716-446655440000 level=INFO msg="read 1024 of 4096 bytes" took=0.532s
		We met in May and march on; the 3 of them paid 500 baht each, i.e. 1 500 in total.
		Section 4.1.2.3 of RFC 5321, ISO 9001:2015, page 12-13, scored 3-2, ratio 16:9, 100-200 mm.
		[12345.678901] usb 1-1.4: new high-speed device 7, sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
		ราคา 1,250 บาท จำนวน 3 ชิ้น รุ่น X-2000 ปี 2567
	`)
}

func TestAnUnknownEntityIsAFaultThatSuggests(t *testing.T) {
	_, err := New(Options{Entities: []string{"EMAIL_ADRESS"}})
	if err == nil || !strings.Contains(err.Error(), "EMAIL_ADDRESS") {
		t.Error(err)
	}
}

func TestNamesGiveWayToForms(t *testing.T) {
	f, err := New(Options{Names: true})
	if err != nil {
		t.Fatal(err)
	}
	text := "Please call Anna Schmidt anna.schmidt@example.com in Berlin today."
	kinds := map[string]string{}
	for _, g := range f.Clone().Find(nil, []byte(text)) {
		kinds[g.Entity] = text[g.Start:g.End]
	}
	if kinds["PERSON"] != "Anna Schmidt" || kinds["EMAIL_ADDRESS"] != "anna.schmidt@example.com" || kinds["LOCATION"] != "Berlin" {
		t.Error(kinds)
	}
	if only := finder(t, "PERSON").Find(nil, []byte(text)); len(only) != 1 {
		t.Error(only)
	}
}

func mixedTexts() [][]byte {
	return [][]byte{
		[]byte("Customer Jane Miller (jane.miller@example.com) called about order 20231187, wants the refund to IBAN DE89 3704 0044 0532 0130 00."),
		[]byte("ลูกค้าแจ้งเปลี่ยนเบอร์เป็น 081-234-5678 อีเมล somchai@example.co.th นัดส่งวันที่ 5 มกราคม 2567"),
		[]byte("Login from 203.0.113.7 failed at 2024-03-05 10:11:12, see https://status.example.com/incidents/88 for the details of it."),
		[]byte("Please charge card 4111 1111 1111 1111 and send the receipt to +44 20 7946 0958 or to the usual postal address today."),
		[]byte("The quick brown fox jumps over the lazy dog while 27 people look at the 3.5 kg parcel, which nobody has ordered before."),
	}
}

func TestFindingTakesNoMemory(t *testing.T) {
	f := finder(t)
	texts, dst := mixedTexts(), make([]Finding, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		for _, text := range texts {
			dst = f.Find(dst[:0], text)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFind(b *testing.B) {
	f := finder(b)
	texts, dst := mixedTexts(), make([]Finding, 0, 64)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		dst = f.Find(dst[:0], texts[i%len(texts)])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
}
