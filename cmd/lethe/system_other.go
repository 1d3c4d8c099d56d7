//go:build !unix

package main

import "os"

// noCoreDump has nothing to do where there are no core dumps.
func noCoreDump() {}

// isTerminal takes no file for a terminal.
func isTerminal(*os.File) bool { return false }

// terminalColumns takes no file for a terminal.
func terminalColumns(*os.File) int { return 0 }
