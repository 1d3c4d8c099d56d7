//go:build !unix

package main

import "os"

// noCoreDump has nothing to do where there are no core dumps.
func noCoreDump() {}

// terminalColumns takes no file for a terminal.
func terminalColumns(*os.File) int { return 0 }
