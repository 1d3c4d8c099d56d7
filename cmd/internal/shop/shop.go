// Package shop fills a database with an invented shop, to try Lethe on: customers
// in Thailand, Singapore and Europe and their orders, with the personal data that
// such tables hold, in columns and in free text.
//
// Nobody in it exists. Names, streets and notes are put together from word lists
// of this package, mail lies in the domains that RFC 2606 reserves, card numbers
// begin like the test cards of payment providers. National identifiers are random
// with right check digits, so that detectors find them.
//
// The same configuration gives the same rows, on any machine: there is no clock
// and no other randomness than the seed. It knows database/sql and the two
// dialects, and nothing of the other rooms.
package shop

import (
	"math/rand/v2"
	"time"
)

// Config says how large a shop is. The same Config gives the same shop.
type Config struct {
	Customers int // 100,000 if 0
	Orders    int // 300,000 if 0
	Seed      uint64
}

func (c Config) filled() Config {
	if c.Customers == 0 {
		c.Customers = 100_000
	}
	if c.Orders == 0 {
		c.Orders = 300_000
	}
	return c
}

// Customer is a row of table customer.
type Customer struct {
	ID         int64
	FullName   string
	Email      string
	Phone      string
	NationalID string
	CardNumber string
	Address    string
	City       string
	Country    string // ISO 3166-1 alpha-2
	BirthDate  time.Time
	Newsletter bool
	Notes      string // "" is null
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Order is a row of table orders.
type Order struct {
	ID         int64
	CustomerID int64
	Cents      int64 // of Currency
	Currency   string
	Status     string
	GiftNote   string // "" is null
	ShipTo     string
	OrderedAt  time.Time
	UpdatedAt  time.Time
}

// The shop opened on this day and took span to become what it is.
var opened = time.Date(2022, 1, 3, 8, 0, 0, 0, time.UTC)

const span = 1200 * 24 * time.Hour

// generator makes rows. Each row has a random stream of its own, made from the
// seed, its kind and its number, so that rows do not depend on each other.
type generator struct {
	cfg       Config
	countries []*country
	pcg       *rand.PCG
	*rand.Rand
}

func newGenerator(cfg Config) *generator {
	pcg := rand.NewPCG(0, 0)
	return &generator{cfg: cfg, countries: newCountries(), pcg: pcg, Rand: rand.New(pcg)}
}

// Kinds of random streams.
const (
	ofCustomer = iota + 1
	ofCountry
	ofOrder
	ofChange
)

func (g *generator) begin(kind, number uint64) { g.pcg.Seed(g.cfg.Seed, kind<<56^number) }

// moment is when the i-th of n rows was made: later than the one before.
func (g *generator) moment(i, n int64) time.Time {
	step := max(int64(span/time.Millisecond)/n, 1)
	return opened.Add(time.Duration((i-1)*step+g.Int64N(step)) * time.Millisecond)
}

// country is where a customer lives.
func (g *generator) country(customer int64) *country {
	g.begin(ofCountry, uint64(customer))
	n := g.IntN(100)
	for _, c := range g.countries {
		if n -= c.share; n < 0 {
			return c
		}
	}
	return g.countries[0]
}

func (g *generator) customer(id int64) Customer {
	home := g.country(id)
	g.begin(ofCustomer, uint64(id))
	p := g.person(home)
	c := Customer{ID: id, Country: home.code, BirthDate: p.born, FullName: p.name}
	c.Email = g.email(p)
	c.Phone = home.phone(g)
	c.NationalID = home.national(g, p)
	c.CardNumber = g.card()
	c.Address, c.City = home.address(g)
	c.Newsletter = g.IntN(3) == 0
	c.Notes = g.note(home, c)
	c.CreatedAt = g.moment(id, int64(g.cfg.Customers))
	c.UpdatedAt = c.CreatedAt
	return c
}

func (g *generator) order(id int64) Order {
	g.begin(ofOrder, uint64(id))
	// Some customers order often: the product of two draws leans to low numbers.
	customer := 1 + g.Int64N(1+g.Int64N(int64(g.cfg.Customers)))
	home := g.country(customer)
	g.begin(ofOrder, uint64(id))
	g.Uint64()
	to := g.person(home)
	street, _ := home.address(g)
	o := Order{ID: id, CustomerID: customer, Currency: home.currency}
	o.Cents = (100 + g.Int64N(40_000) + g.Int64N(200)*g.Int64N(2_000)) * home.price
	o.Status = pick(g, statuses())
	if g.IntN(4) == 0 {
		o.GiftNote = g.gift(home, to)
	}
	o.ShipTo = to.name + ", " + street
	o.OrderedAt = g.moment(id, int64(g.cfg.Orders))
	o.UpdatedAt = o.OrderedAt
	return o
}

func statuses() []string {
	return []string{"delivered", "delivered", "delivered", "shipped", "paid", "cancelled", "returned"}
}

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }
