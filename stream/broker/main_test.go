package broker

import (
	"os"
	"testing"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if os.Getenv(envLife) != "" {
		os.Exit(liveUntilKilled())
	}
	os.Exit(m.Run())
}
