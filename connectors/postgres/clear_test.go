package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// What a code is not known to keep to is taken for one that quotes a row: the list
// says what may be shown, so that a code of a later server is not on it.
func TestL7OnlyMessagesAboutTheServerAreShown(t *testing.T) {
	said := func(code string) string {
		pg := &pgconn.PgError{Severity: "ERROR", Code: code, Message: "message", Detail: "detail", Hint: "hint", Where: "where", InternalQuery: "query",
			ColumnName: "column", ConstraintName: "constraint"}
		err := withoutValues(fmt.Errorf("fetch: %w", pg))
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "detail") || strings.Contains(text, "hint") || strings.Contains(text, "where") ||
			strings.Contains(text, "query") || strings.Contains(text, `"column"`) || strings.Contains(text, `"constraint"`) {
			t.Errorf("%s: more than the message is shown: %s", code, text)
		}
		return err.Error()
	}
	for _, code := range []string{"", "4", "42", "00000", "01000", "02000", "0A000", "21000", "22000", "22003", "22021", "22P02", "22P05", "23502", "23505", "38000", "39000",
		"44000", "54000", "54001", "F0000", "HV000", "P0001", "P0004", "XX000", "XX001", "XX002", "99999", "canary"} {
		if text := said(code); strings.Contains(text, "message") {
			t.Errorf("%s is shown: %s", code, text)
		}
	}
	for _, code := range []string{"08006", "25006", "28P01", "3D000", "40001", "42P01", "42501", "53300", "55006", "57P01", "58P01"} {
		if text := said(code); !strings.Contains(text, "message") || !strings.Contains(text, code) {
			t.Errorf("%s is not told: %s", code, text)
		}
	}
}
