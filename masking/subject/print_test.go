package subject

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestL7WhatHoldsKeysCannotBePrinted(t *testing.T) {
	w := newWorkplace(t)
	a := about(t, w, 0)
	k := w.Subjects("7y")
	keyOf(t, k, a.Digest)
	s := newSealer(t, w)
	s.Seal(nil, []byte("x"), NewField("s", "p", "1", false), nil, a, nil)
	v, err := w.leased()
	must(t, err)
	secret := v.periods[0].root.secret
	for _, x := range []any{a, *a, a.Key, &a.Key, s, w.Store, k} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "x", x)
		text, _ := json.Marshal(x)
		texts := []string{log.String(), string(text)}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			texts = append(texts, fmt.Sprintf(verb, x))
		}
		for _, text := range texts {
			for _, key := range [][]byte{a.Key[:4], secret[:4]} {
				for _, form := range []string{string(key), fmt.Sprintf("%x", key), strings.Trim(fmt.Sprint(key), "[]"), strings.ReplaceAll(strings.Trim(fmt.Sprint(key), "[]"), " ", ",")} {
					if strings.Contains(text, form) {
						t.Fatalf("%T shows a key in %d characters", x, len(text))
					}
				}
			}
		}
	}
}
