//go:build !purego

package block

import "testing"

func TestWithoutTheInstructionsEveryKeyEncryptsTheSame(t *testing.T) {
	if !native {
		t.Skip("this CPU has none")
	}
	native = false
	defer func() { native = true }()
	TestPublishedVectorHolds(t)
	TestEveryKeyEncryptsAsTheStandardLibraryDoes(t)
}
