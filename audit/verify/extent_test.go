package verify

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// What lies in a lake is named with the offsets that its receipt says, in JSON
// too.
func TestL2L4AFindingOfAnObjectSaysItsOffsets(t *testing.T) {
	w := newWorld(t).run(2)
	w.noManifest = true
	w.run(1)
	w.noManifest = false
	w.tamperObject = func(b []byte) []byte {
		b[len(b)/3] ^= 1
		return b
	}
	w.run(1)
	w.follow()
	first, err := filepath.Glob(filepath.Join(w.lake, "*-0-0-*.parquet"))
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	if err := os.Remove(first[0]); err != nil {
		t.Fatal(err)
	}
	const second = "partition 0, offsets [23,46)"
	w.write("_manifest/"+maskedTopic+"-0-23.json", []byte("{}\n"))
	w.write("_manifest/"+maskedTopic+"-1-7.json", []byte("{}\n"))
	w.write("_manifest/notes.txt", nil)
	r := w.verify()
	for _, want := range []struct {
		code  Code
		where string
	}{
		{CodeObjectMissing, "partition 0, offsets [0,23)"},
		{CodeManifest, second},
		{CodeManifest, "partition 1, offsets from 7 on"},
		{CodeManifestMissing, "partition 0, offsets [46,69)"},
		{CodeObjectSHA256, "partition 0, offsets [69,92)"},
		{CodeLakeEntry, whole},
	} {
		named(t, r, want.code, want.where)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var as struct{ Findings []map[string]string }
	if err := json.Unmarshal(b, &as); err != nil {
		t.Fatal(err)
	}
	for _, f := range as.Findings {
		if f["object"] == "" || f["range"] == "" || f["promise"] == "" || f["code"] == "" || f["msg"] == "" {
			t.Errorf("a member is missing in JSON: %v", f)
		}
	}
}

func TestAFindingBeyondTheFirstOnesSaysWhichAreLeftOut(t *testing.T) {
	w := newWorld(t).run(maxFindings + 2)
	w.lake = t.TempDir()
	named(t, w.follow().verify(), CodeObjectMissing, "findings from 21 on")
}
