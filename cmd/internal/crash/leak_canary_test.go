//go:build linux

package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// needle is a value that must not be found, and where it is from.
type needle struct {
	from  string
	value string
}

// keptCanary is in a column that the policy keeps.
const keptCanary = "canary-kept-value"

// canaries makes tables with a canary in every column.
func (r *leakRig) canaries(t *testing.T) []needle {
	t.Helper()
	for _, sql := range []string{
		`CREATE TYPE mood AS ENUM ('canary-enum-sad-77120', 'canary-enum-glad-77121')`,
		`CREATE TYPE pair AS (a text, b int)`,
		`CREATE DOMAIN plate AS text`,
		`CREATE TABLE patient (
			email text PRIMARY KEY, full_name varchar(200), phone char(40), national_id text, note text,
			card numeric(30, 4), born date, seen timestamp, visited timestamptz, rung time, token uuid,
			photo bytea, profile jsonb, raw json, tags text[], feeling mood, home inet, stay tstzrange, big text, city text,
			account_number bigint, mac macaddr, vehicle plate, two pair, words tsvector, parts bytea[], weight double precision)`,
		`CREATE TABLE visit (id int PRIMARY KEY, phone text, secret text)`,
	} {
		exe(t, r.db, sql)
	}
	c := &canaries{}
	for i := range 40 {
		exe(t, r.db, `INSERT INTO patient VALUES ($1,$2,$3,$4,$5,$6::text::numeric,$7::text::date,$8::text::timestamp,$9::text::timestamptz,$10::text::time,
			$11::text::uuid,$12,$13::text::jsonb,$14::text::json,$15,$16::text::mood,$17::text::inet,$18::text::tstzrange,$19,$20,
			$21,$22::text::macaddr,$23,row($24::text,1)::pair,array_to_tsvector(array[$25::text]),array[$26::bytea],$27)`, c.patient(i)...)
		phone := fmt.Sprintf("+66 80 555 %04d", i)
		if i%4 == 0 {
			phone = "07"
		} else {
			c.add("visit.phone", phone)
		}
		exe(t, r.db, `INSERT INTO visit VALUES ($1, $2, $3)`, i, phone, c.text("visit.secret", i))
	}
	c.add("patient.feeling", "canary-enum-sad-77120")
	c.add("patient.unknown", "canary-unknown-column-value-3141")
	c.add("name of an unknown column", "canary-unknown-column-name-2718")
	for from, part := range map[string]string{"token": "c0ffee00-dead-4bee", "phone": "+66 canary 8123", "national_id": "canary-nid-",
		"seen": "05:06:07.654", "visited": "22:06:07.123", "rung": "01:02:03.987", "mac": "c0:ff:ee:ca:fe"} {
		c.add("patient."+from, part)
	}
	password, err := pgx.ParseConfig(r.url)
	if err != nil {
		t.Fatal(err)
	}
	c.add("the password of the database", password.Password)
	return c.needles
}

type canaries struct{ needles []needle }

func (c *canaries) add(from, value string) {
	if len(value) >= shortest {
		c.needles = append(c.needles, needle{from, value})
	}
}

// text makes a canary that needs escapes in JSON and two kinds of base64.
func (c *canaries) text(from string, i int) string {
	v := fmt.Sprintf(`canary "%s" \ ñ ก/<%s-%d-%x>?>~`, from, from, i, 0xC0FFEE+i*7919)
	c.add(from, v)
	return v
}

// patient is a row with a canary in every column.
func (c *canaries) patient(i int) []any {
	text := func(column string) string { return c.text("patient."+column, i) }
	numbered := func(column, format string, args ...any) string {
		v := fmt.Sprintf(format, args...)
		c.add("patient."+column, v)
		return v
	}
	doc, _ := json.Marshal(map[string]any{"name": text("profile.name"),
		"deep":                 map[string]any{"phones": []any{map[string]any{"no": text("profile.deep.phones.no")}}},
		text("profile.member"): 1})
	account := int64(9_184_756_102_938_000) + int64(i)
	numbered("account_number", "%d", account)
	return []any{text("email") + "@example.com", text("full_name"), numbered("phone", "+66 canary %d", 81234567+i),
		numbered("national_id", "canary-nid-%d-%d", i, 558812+i), text("note"), numbered("card", "9184756102938%05d", i),
		fmt.Sprintf("19%02d-11-23", i%100), numbered("seen", "1987-03-04 05:06:07.%06d", 654321+i), numbered("visited", "1986-03-04 05:06:07.%06d+07", 123456+i), "01:02:03.987654",
		numbered("token", "c0ffee00-dead-4bee-8ace-%012d", 771234567+i), []byte(text("photo")), string(doc), string(doc),
		[]string{text("tags1"), text("tags2")}, "canary-enum-sad-77120", numbered("home", "2001:db8::c0ff:%x", 4096+i),
		fmt.Sprintf("[1999-01-02 03:04:05+00,1999-01-02 03:04:%02d.%05d+00]", 6+i%50, 13579+i), strings.Repeat(text("big"), 200), keptCanary,
		account, numbered("mac", "c0:ff:ee:ca:fe:%02x", 16+i), numbered("vehicle", "canary-plate-%d", 31337+i),
		numbered("two", "canary-pair-%d", 271828+i), numbered("words", "canary-word-%d", 141421+i), []byte(text("parts")), 0.918475610293 + float64(i)/1000}
}

// changesOfCanaries changes patients by every kind of statement, one under
// another replica identity, and one in a column that no contract lists.
func changesOfCanaries() []string {
	third := `'canary "patient.email" \ ñ ก/<patient.email-3'`
	return []string{
		`ALTER TABLE patient ADD COLUMN "canary-unknown-column-name-2718" text`,
		`UPDATE patient SET "canary-unknown-column-name-2718" = 'canary-unknown-column-value-3141'`,
		`UPDATE patient SET note = note || ' again' WHERE email < ` + third,
		`UPDATE patient SET email = 'moved ' || email WHERE email > ` + third,
		`DELETE FROM patient WHERE email LIKE 'moved%'`,
		`ALTER TABLE patient REPLICA IDENTITY FULL`,
		`UPDATE patient SET full_name = full_name || '!'`,
		`UPDATE visit SET phone = '1' WHERE id % 2 = 0`,
		`DELETE FROM visit WHERE id % 8 = 0`,
	}
}

// sakila gives the values of all columns that the policy does not keep, and
// those of columns that it keeps.
func (r *leakRig) sakila(t *testing.T) (needles []needle, kept []byte) {
	t.Helper()
	var check struct {
		Connections []struct {
			Streams []struct {
				Stream string
				Fields []struct{ Path, Operator string }
			}
		}
	}
	if err := json.Unmarshal(r.says(t, true, "check", "--json", r.dir), &check); err != nil {
		t.Fatal(err)
	}
	var may bytes.Buffer
	seen := make(map[string]bool)
	for _, s := range check.Connections[0].Streams {
		table := strings.TrimPrefix(s.Stream, "src.")
		if table == "public.patient" || table == "public.visit" {
			continue
		}
		for _, f := range s.Fields {
			rows, err := r.db.Query(t.Context(), fmt.Sprintf("SELECT DISTINCT %[1]s::text FROM %[2]s WHERE length(%[1]s::text) >= %[3]d", pgx.Identifier{f.Path}.Sanitize(), table, shortest))
			if err != nil {
				t.Fatal(err)
			}
			values, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				for _, form := range spellings(v) {
					if f.Operator == "keep" {
						fmt.Fprintln(&may, form)
					} else if !seen[form] && !(len(form) < 10 && strings.Trim(form, "0123456789") == "") { // so short a number may be anything
						seen[form] = true
						needles = append(needles, needle{"Sakila " + table + "." + f.Path, form})
					}
				}
			}
		}
	}
	if r.loaded && len(needles) < 4000 {
		t.Fatalf("Sakila gave %d values", len(needles))
	}
	return needles, may.Bytes()
}

// spellings are the value as the server writes it and, if it is a time, as
// records do.
func spellings(v string) []string {
	if len(v) >= len(time.DateTime) {
		if _, err := time.Parse(time.DateTime, v[:len(time.DateTime)]); err == nil {
			return []string{v, strings.Replace(v, " ", "T", 1)}
		}
	}
	return []string{v}
}
