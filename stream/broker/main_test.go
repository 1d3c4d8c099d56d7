package broker

import (
	"os"
	"testing"
)

// TestMain lets the test binary be the process that is killed, or fails.
func TestMain(m *testing.M) {
	if os.Getenv(envLife) != "" {
		os.Exit(liveUntilKilled())
	}
	if os.Getenv(envFull) != "" {
		os.Exit(runFull())
	}
	os.Exit(m.Run())
}
