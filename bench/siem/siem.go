// Package siem measures how fast events for a SIEM are made of log leaves, and
// written in each format, to a receiver that takes everything and does nothing.
package siem
