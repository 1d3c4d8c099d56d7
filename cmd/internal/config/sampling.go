package config

import (
	"encoding/hex"
	"strings"
	"time"
)

// Sampling says that raw records are kept for an audit by sampling; its window is 0
// where they are not.
type Sampling struct {
	Window  time.Duration // for which raw records and their keys are kept
	Auditor []byte        // X25519 public key to which session keys are sealed as well; nil for nobody
}

// AuditorPrefix begins the text of an auditor's public key.
const AuditorPrefix = "LETHE-X25519-PUB-1-"

// AuditorKeyText is an auditor's public key as lethe.yaml has it.
func AuditorKeyText(key []byte) string { return AuditorPrefix + hex.EncodeToString(key) }

// sampling is audit.sampling of lethe.yaml.
type sampling struct {
	Window  time.Duration `yaml:"window,required"`
	Auditor string        `yaml:"auditor"`
}

func (in *sampling) into(f *Folder, c *checker) {
	if in.Window < time.Minute || in.Window > 90*day {
		c.fault("audit.sampling.window", "config.sampling", "raw records are kept for a minute to 90 days", "write window: 24h")
	}
	f.Sampling.Window = in.Window
	if in.Auditor == "" {
		return
	}
	text, ok := strings.CutPrefix(in.Auditor, AuditorPrefix)
	key, err := hex.DecodeString(text)
	if !ok || err != nil || len(key) != 32 {
		c.fault("audit.sampling.auditor", "config.sampling", "this is no public key of an auditor", "lethe audit new-key FILE makes a key and shows the line that belongs here")
		return
	}
	f.Sampling.Auditor = key
}
