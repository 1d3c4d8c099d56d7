package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lethe/stream"
)

func TestL2RowsWhoseKeysAreWrittenAlikeAreEachARowOfTheirOwn(t *testing.T) {
	untyped := []string{`twin r {"id":"1"} {"id":"1","v":"a"}`, `twin r {"id":{"text":"1"}} {"id":{"text":"1"},"v":"b"}`}
	for name, c := range map[string]struct {
		schema, rows string
		want         []string
	}{
		"of two storage classes": {"CREATE TABLE twin (id PRIMARY KEY, v TEXT)", "(1, 'a'), ('1', 'b')", untyped},
		"a blob and what it is written as": {"CREATE TABLE twin (id PRIMARY KEY, v TEXT)", "('MQ==', 'a'), (x'31', 'b')",
			[]string{`twin r {"id":"MQ=="} {"id":"MQ==","v":"a"}`, `twin r {"id":{"blob":"MQ=="}} {"id":{"blob":"MQ=="},"v":"b"}`}},
		"one instant in three notations": {"CREATE TABLE twin (id TIMESTAMP PRIMARY KEY, v TEXT)", "('2024-01-01 10:00:00', 'a'), ('2024-01-01T10:00:00Z', 'b'), ('2024-01-01 12:00:00+02:00', 'c')",
			[]string{`twin r {"id":"2024-01-01T10:00:00Z"} {"id":"2024-01-01T10:00:00Z","v":"a"}`,
				`twin r {"id":{"text":"2024-01-01 12:00:00+02:00"}} {"id":{"text":"2024-01-01 12:00:00+02:00"},"v":"c"}`,
				`twin r {"id":{"text":"2024-01-01T10:00:00Z"}} {"id":{"text":"2024-01-01T10:00:00Z"},"v":"b"}`}},
		"without rowid, beside a real": {"CREATE TABLE twin (id, n INTEGER, v TEXT, PRIMARY KEY (id, n)) WITHOUT ROWID", "(1, 1, 'a'), ('1', 1, 'b')",
			[]string{`twin r {"id":"1","n":1} {"id":"1","n":1,"v":"a"}`, `twin r {"id":{"text":"1"},"n":{"integer":1}} {"id":{"text":"1"},"n":{"integer":1},"v":"b"}`}},
	} {
		for _, journal := range []string{"WAL", "DELETE"} {
			for _, chunk := range []int64{1, 100} {
				t.Run(fmt.Sprint(name, journal, chunk), func(t *testing.T) {
					s := newShop(t, journal, c.schema)
					s.cfg["chunk_rows"] = chunk
					s.exec("INSERT INTO twin VALUES " + c.rows)
					first := s.poll(stream.Position{})
					got := told(first)
					slices.Sort(got)
					slices.Sort(c.want)
					if !slices.Equal(got, c.want) {
						t.Fatalf("records:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
					}
					s.exec("CREATE TABLE other (id INTEGER PRIMARY KEY)")
					second := s.poll(last(first))
					wantTold(t, second)
					s.exec("DELETE FROM twin WHERE v = 'b'")
					third := told(s.poll(last(second)))
					if len(third) != 1 || !strings.HasPrefix(third[0], "twin d {") || !strings.Contains(third[0], `"text":"`) && !strings.Contains(third[0], `"blob":"`) {
						t.Errorf("the second row is gone: %q", third)
					}
				})
			}
		}
	}
}

func TestARowThatTakesAnothersWrittenKeyLaterIsARowOfItsOwn(t *testing.T) {
	s := newShop(t, "WAL", "CREATE TABLE twin (id PRIMARY KEY, seen INTEGER)")
	s.cfg["cursor"] = map[string]string{"twin": "seen"}
	s.exec("INSERT INTO twin VALUES (1, 1)")
	first := s.poll(stream.Position{})
	s.exec("INSERT INTO twin VALUES ('1', 0)") // below the cursor: a comparison finds it
	second := s.poll(last(first))
	wantTold(t, second, `twin r {"id":{"text":"1"}} {"id":{"text":"1"},"seen":0}`)
	wantTold(t, s.poll(last(second)))
}
