package sqlite

import "testing"

func TestASampleIsOfTheTableThatIsNamedHoweverItIsCalled(t *testing.T) {
	s := newShop(t, "wal", `CREATE TABLE "a[b]*?\" (v TEXT); CREATE TABLE "ab" (v TEXT); CREATE TABLE "Ab c" (v TEXT)`)
	for _, name := range []string{`a[b]*?\`, "ab", "Ab c"} {
		s.exec(`INSERT INTO "`+name+`" VALUES (?)`, name)
		n := 0
		must(t, s.open().Sample(t.Context(), "crm.main."+name, []string{"v"}, 10, func(row [][]byte) {
			if n++; string(row[0]) != name {
				t.Errorf("a row of another table")
			}
		}))
		if n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	}
	if err := s.open().Sample(t.Context(), "crm.main.gone", []string{"v"}, 10, func([][]byte) {}); err == nil {
		t.Error("a table that is not there has a sample")
	}
}
