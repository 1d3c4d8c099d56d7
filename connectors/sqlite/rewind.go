package sqlite

import (
	"context"
	"crypto/rand"
	"fmt"
)

// rewind brings the state to where a position stands. Where it cannot, it
// empties the state under a new identity and a higher incarnation, and reports
// that the source begins again.
func (st *state) rewind(at *place) (again bool, err error) {
	ctx := context.Background()
	reached, err := st.reaches(ctx, at)
	switch {
	case err != nil:
	case reached:
		err = st.undo(ctx, at.N)
	default:
		again = true
		at.Tables = map[string]mark{}
		err = st.restart(ctx, max(at.Incarnation, st.incarnation)+1, max(at.N, st.n))
	}
	clear(st.counts)
	at.State, at.Incarnation, at.N = st.identity, st.incarnation, st.n
	if err != nil {
		err = fmt.Errorf("rewind state: %v", err)
	}
	return again, err
}

// reaches reports whether undo can lead back to a position.
func (st *state) reaches(ctx context.Context, at *place) (bool, error) {
	if at.isBeginning() {
		// Nothing that was given is known to be durable: the same once more.
		return st.floor == 0, nil
	}
	on, err := st.integer(ctx, `SELECT count(*) FROM branch WHERE identity = ? AND low <= ? AND high >= ?`, at.State, int64(at.N), int64(at.N))
	return on == 1 && at.N >= st.floor && at.N <= st.n, err
}

// undo takes back every batch after n (L2).
func (st *state) undo(ctx context.Context, n uint64) error {
	if n == st.n {
		return nil
	}
	identity := rand.Text()
	err := st.within(ctx, func() error {
		for _, q := range []string{
			`DELETE FROM live WHERE n > ?1`,
			`INSERT OR REPLACE INTO live (stream, k, d, s, n) SELECT stream, k, d, s, was FROM undo WHERE n > ?1 AND was <= ?1`,
			`DELETE FROM undo WHERE n > ?1`,
			`DELETE FROM branch WHERE low > ?1`,
			`UPDATE branch SET high = min(high, ?1)`,
			`UPDATE meta SET n = ?1`,
		} {
			if _, err := st.exec(ctx, q, int64(n)); err != nil {
				return err
			}
		}
		return st.branch(ctx, identity, n)
	})
	if err == nil {
		st.n, st.identity = n, identity
	}
	return err
}

func (st *state) branch(ctx context.Context, identity string, n uint64) error {
	if _, err := st.exec(ctx, `INSERT INTO branch VALUES (?, ?, ?)`, identity, int64(n), endless); err != nil {
		return err
	}
	_, err := st.exec(ctx, `UPDATE meta SET identity = ?`, identity)
	return err
}

func (st *state) restart(ctx context.Context, incarnation uint32, n uint64) error {
	identity := rand.Text()
	err := st.within(ctx, func() error {
		for _, q := range []string{`DELETE FROM live`, `DELETE FROM undo`, `DELETE FROM branch`} {
			if _, err := st.exec(ctx, q); err != nil {
				return err
			}
		}
		if _, err := st.exec(ctx, `UPDATE meta SET incarnation = ?, n = ?, floor = ?`, int64(incarnation), int64(n), int64(n)); err != nil {
			return err
		}
		return st.branch(ctx, identity, n)
	})
	if err == nil {
		st.identity, st.incarnation, st.n, st.floor = identity, incarnation, n, n
	}
	return err
}
