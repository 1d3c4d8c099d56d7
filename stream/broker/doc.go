// Package broker runs an embedded Kafka broker (kfake) on one directory.
package broker
