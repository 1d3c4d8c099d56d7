package masking

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"lethe/stream"
)

// digest is what hmac makes of a normal form by default, as JSON, computed
// another way.
func digest(t testing.TB, domain, normal string) string {
	t.Helper()
	return `"` + digestOf(domain, normal) + `"`
}

func replaceAll(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }

func containsOp(envelope string, op byte) bool {
	return strings.Contains(envelope, `"op":"`+string(op)+`"`)
}

// digestOf is the text of digest, without quotes.
func digestOf(domain, normal string) string {
	key, _ := hashKeys{}.Secret("hmac/1/" + domain)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(normal))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

// process masks one record and finishes it.
func process(w *Rewriter, r *stream.Record, out *stream.Masked) error {
	err := w.Process(r, out)
	w.Finish()
	return err
}
