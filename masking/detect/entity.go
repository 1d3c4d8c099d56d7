package detect

// Entity is a kind of personal data.
type Entity struct {
	Name    string // as Presidio names it
	About   string
	Element string // what a column of it is about, in the words of package rules
}

// entity is an index into entities.
type entity uint8

const (
	email entity = iota
	phone
	card
	iban
	ipAddress
	macAddress
	url
	dateTime
	crypto
	entityCount
)

var entities = [entityCount]Entity{
	email:      {"EMAIL_ADDRESS", "an e-mail address", "contact.email"},
	phone:      {"PHONE_NUMBER", "a telephone number", "contact.phone"},
	card:       {"CREDIT_CARD", "the number of a payment card", "finance.card"},
	iban:       {"IBAN_CODE", "an international bank account number", "finance.iban"},
	ipAddress:  {"IP_ADDRESS", "an Internet address, version 4 or 6", "net.ip"},
	macAddress: {"MAC_ADDRESS", "the address of a network card", "net.mac"},
	url:        {"URL", "an address in the web", "net.url"},
	dateTime:   {"DATE_TIME", "a date, with or without a time", "person.birth_date"},
	crypto:     {"CRYPTO", "an address of a crypto currency", "finance.account"},
}

// entityOf finds an entity by name.
func entityOf(name string) (entity, bool) {
	for i, e := range entities {
		if e.Name == name {
			return entity(i), true
		}
	}
	return 0, false
}
