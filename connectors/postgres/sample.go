package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/stream"
)

var _ stream.Sampler = (*source)(nil)

// samplePages is how many pages of a table a sample is read from.
const samplePages = 100

// Sample takes pages by TABLESAMPLE, and rows of them that lie evenly between the
// first and the last.
func (s *source) Sample(ctx context.Context, name string, columns []string, n int, row func(values [][]byte)) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return s.set.connectFault(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	all, err := loadTables(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range s.set.selected(all) {
		if newShape(s.set.source, s.set.conn.Database, t.oid, t.schema, t.name).schema.Stream != name {
			continue
		}
		if err := takeSample(ctx, conn, t, columns, n, row); err != nil {
			return fmt.Errorf("sample %s: %w", t, err)
		}
		return nil
	}
	return fmt.Errorf("sample %s: the table is gone", name)
}

func takeSample(ctx context.Context, conn *pgconn.PgConn, t *table, columns []string, n int, row func(values [][]byte)) error {
	pages, err := query(ctx, conn, `SELECT greatest(pg_relation_size($1::oid::regclass),
  (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree($1::oid::regclass) WHERE isleaf)) / current_setting('block_size')::bigint`, fmt.Sprint(t.oid))
	if err != nil {
		return err
	}
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = quoteIdent(c) + "::text"
	}
	part := "100"
	if total, _ := strconv.ParseFloat(pages[0][0], 64); total > samplePages {
		part = strconv.FormatFloat(100*samplePages/total, 'f', 9, 64)
	}
	res := conn.ExecParams(ctx, "SELECT "+strings.Join(texts, ", ")+" FROM "+quoteIdent(t.schema, t.name)+" TABLESAMPLE SYSTEM ("+part+") REPEATABLE (1)", nil, nil, nil, nil).Read()
	if res.Err != nil {
		return withoutValues(res.Err)
	}
	give := min(n, len(res.Rows))
	for i := range give {
		row(res.Rows[i*len(res.Rows)/give])
	}
	return nil
}
