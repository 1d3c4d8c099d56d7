package wire

import (
	"testing"
	"time"

	"lethe/cmd/internal/config"
	"lethe/stream"
)

func TestL7AnOpeningThatIsGoneGivesNobodyRoom(t *testing.T) {
	now := time.Date(2026, 1, 31, 15, 0, 0, 0, time.UTC)
	approval := stream.Hash{1}
	salt := make([]byte, 32)
	intent := func(who string, at time.Time, change func(*stream.Intent)) (stream.Intent, opening) {
		i := stream.Intent{Action: stream.ActionReveal, Count: 5, Principal: commitment(salt, []byte(who)), Time: at.Format(time.RFC3339Nano)}
		if change != nil {
			change(&i)
		}
		return i, opening{salt, []byte(who)}
	}
	mine := func(change func(*stream.Intent)) (stream.Intent, opening) { return intent("somchai", now, change) }
	for name, c := range map[string]struct {
		make func() (stream.Intent, opening)
		want spending
	}{
		"one's own":              {func() (stream.Intent, opening) { return mine(nil) }, spending{5, 5, false}},
		"somebody else's":        {func() (stream.Intent, opening) { return intent("malee", now, nil) }, spending{}},
		"an opening that is not": {func() (stream.Intent, opening) { i, _ := intent("malee", now, nil); return i, opening{} }, spending{5, 5, false}},
		"an opening of another": {func() (stream.Intent, opening) {
			i, _ := mine(nil)
			return i, opening{salt, []byte("malee")}
		}, spending{5, 5, false}},
		"of yesterday": {func() (stream.Intent, opening) { return intent("somchai", now.Add(-24*time.Hour), nil) }, spending{}},
		"of no time":   {func() (stream.Intent, opening) { return mine(func(i *stream.Intent) { i.Time = "" }) }, spending{5, 5, false}},
		"approved by another paper": {func() (stream.Intent, opening) {
			return mine(func(i *stream.Intent) { i.Approval = &stream.Hash{2} })
		}, spending{5, 0, false}},
		"approved by this one": {func() (stream.Intent, opening) {
			return mine(func(i *stream.Intent) { i.Approval = &approval })
		}, spending{5, 0, true}},
		"by somebody else, with this one, of yesterday": {func() (stream.Intent, opening) {
			return intent("malee", now.Add(-24*time.Hour), func(i *stream.Intent) { i.Approval = &approval })
		}, spending{0, 0, true}},
	} {
		var s spending
		i, o := c.make()
		s.add(i, o, now, Disclosure{Principal: config.Principal{Name: "somchai"}, Approval: &approval})
		if s != c.want {
			t.Errorf("%s: %+v, want %+v", name, s, c.want)
		}
	}
}
