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
	if os.Getenv(envServe) != "" {
		os.Exit(serve())
	}
	os.Exit(m.Run())
}
