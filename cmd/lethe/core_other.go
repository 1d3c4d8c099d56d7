//go:build !unix

package main

// noCoreDump has nothing to do where there are no core dumps.
func noCoreDump() {}
