// Package crash holds the built lethe to its promises beside real servers: it is killed
// at random moments, lied to by those who may write to its topics, and searched for what
// must not be seen; there is nothing in it but tests.
package crash
