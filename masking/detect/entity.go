package detect

import "lethe/masking/detect/identifier"

// Entity is a kind of personal data.
type Entity struct {
	Name    string // as Presidio names it
	About   string
	Element string // what a column of it is about, in the words of package rules
}

// entity is an index into the list that catalog gives.
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
	secretToken
	privateKey
	password
	passport
	usPassport
	licence
	plate
	ukPlate
	inPlate
	trPlate
	dePlate
	account
	usBankNumber
	person
	location
	organization
	firstIdentified // those of package identifier follow
)

// most is how many entities there can be.
const most = 256

// ownEntities are those that this package finds by rules of its own.
func ownEntities() []Entity {
	return []Entity{
		email:        {"EMAIL_ADDRESS", "an e-mail address", "contact.email"},
		phone:        {"PHONE_NUMBER", "a telephone number", "contact.phone"},
		card:         {"CREDIT_CARD", "the number of a payment card", "finance.card"},
		iban:         {"IBAN_CODE", "an international bank account number", "finance.iban"},
		ipAddress:    {"IP_ADDRESS", "an Internet address, version 4 or 6", "net.ip"},
		macAddress:   {"MAC_ADDRESS", "the address of a network card", "net.mac"},
		url:          {"URL", "an address in the web", "net.url"},
		dateTime:     {"DATE_TIME", "a date, with or without a time", "person.birth_date"},
		crypto:       {"CRYPTO", "an address of a crypto currency", "finance.account"},
		secretToken:  {"ACCESS_TOKEN", "a token or key of a service", "secret.token"},
		privateKey:   {"PRIVATE_KEY", "a private key in PEM", "secret.token"},
		password:     {"PASSWORD", "a password behind its name", "secret.password"},
		passport:     {"PASSPORT", "a passport number, or the lines that machines read in one", "id.passport"},
		usPassport:   {"US_PASSPORT", "a passport number of nine characters, as the USA has them", "id.passport"},
		licence:      {"US_DRIVER_LICENSE", "the number of a driving licence, of the USA or another country", "id.licence"},
		plate:        {"VEHICLE_REGISTRATION", "the plate of a vehicle", "id.vehicle"},
		ukPlate:      {"UK_VEHICLE_REGISTRATION", "the plate of a vehicle of the United Kingdom", "id.vehicle"},
		inPlate:      {"IN_VEHICLE_REGISTRATION", "the plate of a vehicle of India", "id.vehicle"},
		trPlate:      {"TR_LICENSE_PLATE", "the plate of a vehicle of Turkey", "id.vehicle"},
		dePlate:      {"DE_KFZ", "the plate of a vehicle of Germany", "id.vehicle"},
		account:      {"BANK_ACCOUNT", "a bank account number in a country's groups", "finance.account"},
		usBankNumber: {"US_BANK_NUMBER", "a bank account number", "finance.account"},
		person:       {"PERSON", "the name of a person", "person.name"},
		location:     {"LOCATION", "the name of a place", "address.city"},
		organization: {"ORGANIZATION", "the name of an organisation", "person.employer"},
	}
}

// catalog lists every entity, by number. Identifiers of one name are one entity.
func catalog() []Entity {
	all := ownEntities()
	for _, id := range identifier.All() {
		if _, ok := entityIn(all, id.Entity); !ok {
			all = append(all, Entity{id.Entity, id.About, id.Element})
		}
	}
	return all
}

// entityIn finds an entity by name.
func entityIn(all []Entity, name string) (entity, bool) {
	for i := range all {
		if all[i].Name == name {
			return entity(i), true
		}
	}
	return 0, false
}

// Entities lists what can be found.
func Entities() []Entity { return catalog() }
