package proof_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/audit/audittest"
	"lethe/audit/verify"
)

// Whoever passes a bundle on makes the hash of its last line anew.
func TestL4ABundleUnderAPolicyIsOneThatTheQuorumCosignedOfLate(t *testing.T) {
	raw, key := kept(t)
	extra, rest := parts(t, raw)
	_, checkpoint, _ := strings.Cut(string(rest), "\n\n")
	_, own, _ := strings.Cut(checkpoint, "\n\n")
	since := time.Unix(2e9, 0)
	var policy, line, late [4]string
	for i := range policy {
		w := audittest.NewWitness(t, fmt.Sprintf("witness.example.org/w%d", i))
		policy[i] = fmt.Sprintf("witness w%d %s\n", i, w.Key)
		line[i], late[i] = w.Cosign(checkpoint, since), w.Cosign(checkpoint, since.Add(-time.Second))
	}
	other := audittest.NewWitness(t, "witness.example.org/w1").Cosign(strings.Replace(checkpoint, "21", "22", 1), since)
	asked := strings.Join(policy[:3], "") + "group most 2 w0 w1 w2\nquorum most\n" // of w3 it knows nothing
	for name, c := range map[string]struct {
		policy, lines, want string // no want: it is accepted
	}{
		"enough":                             {asked, line[0] + line[2], ""},
		"more than enough":                   {asked, line[0] + line[1] + line[2], ""},
		"an older one beside enough":         {asked, late[0] + line[1] + line[2], ""},
		"none asked for, and none":           {strings.Join(policy[:3], "") + "quorum none\n", "", ""},
		"none asked for, and one":            {strings.Join(policy[:3], "") + "quorum none\n", line[0], ""},
		"no policy, and none":                {"", "", ""},
		"none at all":                        {asked, "", "quorum is not met"},
		"one too few":                        {asked, line[1], "quorum is not met"},
		"one of them too old":                {asked, line[0] + late[1], "quorum is not met"},
		"one witness for two":                {asked, line[0] + late[0], "quorum is not met"},
		"one of another checkpoint":          {asked, line[0] + other, "of something else"},
		"an unknown key for one of them":     {asked, line[0] + line[3], "quorum is not met"},
		"an unknown key beside enough":       {asked, line[0] + line[2] + line[3], "not known here"},
		"an unknown key where none counts":   {strings.Join(policy[:3], "") + "quorum none\n", line[3], "not known here"},
		"no policy, and one":                 {"", line[0], "not known here"},
		"a line that is no signature":        {asked, line[0] + line[1] + "— x y\n", "no valid signature"},
		"a line twice":                       {asked, line[0] + line[1] + line[0], "stands there twice"},
		"the log's own twice":                {asked, line[0] + line[1] + own, "stands there twice"},
		"no policy, and the log's own twice": {"", own, "stands there twice"},
	} {
		o := verify.ProofOptions{PublicKey: key}
		if c.policy != "" {
			p, err := verify.ReadWitnessPolicy([]byte(c.policy))
			if err != nil {
				t.Fatal(err)
			}
			o.Cosigned = p.Cosigned(since)
		}
		p, err := verify.Proof(hashed(extra, append(bytes.Clone(rest), c.lines...)), o)
		switch refused := errors.Is(err, verify.ErrFalse) || errors.Is(err, verify.ErrProof); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!refused || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %+v, %v; want %q", name, p, err, c.want)
		}
	}
}
