package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
)

// facts are what the server says of itself and of what we need there.
type facts struct {
	version    int // 150004
	recovery   bool
	walLevel   string
	user, db   string
	super      bool
	mayCreate  bool // publications in this database
	encoding   string
	standbys   string // synchronous_standby_names
	slots      int
	maxSlots   int
	senders    int
	maxSenders int

	slot         *slotFacts // nil if there is none
	publications map[string]*publication
	tables       []*table // all
	selected     []*table // with columns
}

type slotFacts struct {
	plugin, kind, db string
	activePID        string
	confirmed        pglogrepl.LSN
	status           string
}

// publication is one of any owner.
type publication struct {
	name                                     string
	made                                     string // transaction that made it or last changed what it publishes
	all                                      bool   // for all tables, or those of a schema
	insert, update, delete, truncate, viaTop bool
	tables                                   map[string]bool   // as schema.table
	entries                                  map[uint32]string // of tables that it names: changes when one is taken out and put in again
	filtered                                 []string          // of which it leaves rows or columns out
}

// operations are what p publishes, as createPublication writes it.
func (p *publication) operations() string {
	var out []string
	for _, o := range []struct {
		has  bool
		name string
	}{{p.insert, "insert"}, {p.update, "update"}, {p.delete, "delete"}, {p.truncate, "truncate"}} {
		if o.has {
			out = append(out, o.name)
		}
	}
	return strings.Join(out, ", ")
}

const serverQuery = `SELECT current_setting('server_version_num'), pg_is_in_recovery(), current_setting('wal_level'),
  current_user, current_database(), (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
  has_database_privilege(current_database(), 'CREATE'), current_setting('server_encoding'),
  (SELECT count(*) FROM pg_replication_slots), current_setting('max_replication_slots'),
  (SELECT count(*) FROM pg_stat_replication), current_setting('max_wal_senders'), current_setting('synchronous_standby_names')`

// loadFacts asks for everything. On a server too old for the other questions
// only the version is known.
func (s *settings) loadFacts(ctx context.Context, conn *pgconn.PgConn) (*facts, error) {
	rows, err := query(ctx, conn, serverQuery)
	if err != nil {
		return nil, fmt.Errorf("server settings: %w", err)
	}
	r := rows[0]
	f := &facts{recovery: r[1] == "t", walLevel: r[2], user: r[3], db: r[4], super: r[5] == "t", mayCreate: r[6] == "t",
		encoding: r[7], standbys: r[12]}
	for i, n := range map[int]*int{0: &f.version, 8: &f.slots, 9: &f.maxSlots, 10: &f.senders, 11: &f.maxSenders} {
		*n, _ = strconv.Atoi(r[i])
	}
	if f.version < oldestServer {
		return f, nil
	}
	if f.slot, err = s.loadSlot(ctx, conn); err != nil {
		return nil, err
	}
	if err := f.loadPublications(ctx, conn); err != nil {
		return nil, err
	}
	if f.tables, err = loadTables(ctx, conn); err != nil {
		return nil, err
	}
	f.selected = s.selected(f.tables)
	return f, complete(ctx, conn, f.selected)
}

func (s *settings) loadSlot(ctx context.Context, conn *pgconn.PgConn) (*slotFacts, error) {
	rows, err := query(ctx, conn, `SELECT plugin, slot_type, database, active_pid, confirmed_flush_lsn, wal_status
		FROM pg_replication_slots WHERE slot_name = $1`, s.slot)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	r := rows[0]
	f := &slotFacts{plugin: r[0], kind: r[1], db: r[2], activePID: r[3], status: r[5]}
	if r[4] != "" {
		f.confirmed, err = pglogrepl.ParseLSN(r[4])
	}
	return f, err
}

func (f *facts) loadPublications(ctx context.Context, conn *pgconn.PgConn) error {
	f.publications = map[string]*publication{}
	rows, err := query(ctx, conn, `SELECT p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
		t.schemaname || '.' || t.tablename, p.xmin
		FROM pg_publication p LEFT JOIN pg_publication_tables t ON t.pubname = p.pubname`)
	if err != nil {
		return fmt.Errorf("list publications: %w", err)
	}
	for _, r := range rows {
		p := f.publications[r[0]]
		if p == nil {
			p = &publication{name: r[0], all: r[1] == "t", insert: r[2] == "t", update: r[3] == "t", delete: r[4] == "t",
				truncate: r[5] == "t", viaTop: r[6] == "t", made: r[8], tables: map[string]bool{}, entries: map[uint32]string{}}
			f.publications[r[0]] = p
		}
		if r[7] != "" {
			p.tables[r[7]] = true
		}
	}
	if rows, err = query(ctx, conn, "SELECT p.pubname, r.prrelid, r.oid FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"); err != nil {
		return fmt.Errorf("list tables of publications: %w", err)
	}
	for _, r := range rows {
		if p := f.publications[r[0]]; p != nil {
			p.entries[number(r[1])] = r[2]
		}
	}
	if f.version < filteringServer {
		return nil
	}
	rows, err = query(ctx, conn, `SELECT p.pubname, n.nspname || '.' || c.relname
		FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
		JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE r.prqual IS NOT NULL OR r.prattrs IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("list filters of publications: %w", err)
	}
	for _, r := range rows {
		if p := f.publications[r[0]]; p != nil {
			p.filtered = append(p.filtered, r[1])
		}
	}
	return nil
}

// filteringServer is PostgreSQL 15: the first whose publications can leave rows
// and columns out.
const filteringServer = 150000

// ours are the publications to read by: those of the two that exist.
func (f *facts) ours(s *settings) string {
	var names []string
	for _, n := range []string{s.publication, s.inserts} {
		if f.publications[n] != nil {
			names = append(names, quoteIdent(n))
		}
	}
	return strings.Join(names, ",")
}

// wants are the tables that each of our publications is to name: tables whose
// rows the replica identity can name, and those of which only inserts can be
// had.
func (f *facts) wants() (full, inserts []*table) {
	for _, t := range f.selected {
		if t.identified {
			full = append(full, t)
		} else {
			inserts = append(inserts, t)
		}
	}
	return full, inserts
}

// entry names the way on which a table's changes come: its publication as that
// was last altered, and the table's place in it. As long as it stays the same,
// no change was left out.
func (f *facts) entry(s *settings, t *table) string {
	name := s.publication
	if !t.identified {
		name = s.inserts
	}
	p := f.publications[name]
	if p == nil {
		return ""
	}
	return p.made + "." + p.entries[t.oid]
}
