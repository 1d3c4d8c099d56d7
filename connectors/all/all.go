// Package all lists the connectors. Only cmd imports it; adding a connector is
// one folder and one line here.
package all

import (
	"lethe/connectors"
	"lethe/connectors/parquet"
	"lethe/connectors/postgres"
	"lethe/connectors/sqlite"
)

// Connectors lists the connectors by name.
func Connectors() []connectors.Connector {
	return []connectors.Connector{
		parquet.Connector(),
		postgres.Connector(),
		sqlite.Connector(),
	}
}
