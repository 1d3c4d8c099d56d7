//go:build !linux

package transport

import "net"

// unacknowledged cannot be told here.
func unacknowledged(net.Conn) (int, error) { return 0, nil }
