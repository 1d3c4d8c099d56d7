package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/stream"
)

// oldestServer is PostgreSQL 14: the first that sends messages written by
// pg_logical_emit_message through pgoutput.
const oldestServer = 140000

// Check tells everything at once that would keep Read from working, or that
// Read would break for others.
func (s *source) Check(ctx context.Context) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return s.set.connectFault(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	f, err := s.set.loadFacts(ctx, conn)
	if err != nil {
		return err
	}
	all := asErrors(s.set.serverFaults(f))
	if f.version >= oldestServer {
		all = append(all, asErrors(s.set.tableFaults(f), s.set.publicationFaults(f), s.set.slotFaults(f), s.set.busyFaults(f))...)
		if f.senders < f.maxSenders {
			all = append(all, s.checkReplication(ctx, f))
		}
		s.set.warn(s.log, f)
	}
	return errors.Join(all...)
}

func asErrors(lists ...[]*stream.Fault) []error {
	var out []error
	for _, l := range lists {
		for _, f := range l {
			out = append(out, f)
		}
	}
	return out
}

// fault makes one about the user's servers.
func (s *settings) fault(code, path, msg, hint string) *stream.Fault {
	if path == "" {
		path = s.source
	}
	return &stream.Fault{Code: "postgres." + code, Path: path, Msg: msg, Hint: hint, Exit: stream.ExitEnvironment}
}

// serverFaults are about the server and its settings.
func (s *settings) serverFaults(f *facts) []*stream.Fault {
	if f.version < oldestServer {
		return []*stream.Fault{s.fault("version", "", fmt.Sprintf("the server is PostgreSQL %d; 14 is the oldest that can be read", f.version/10000), "upgrade the server")}
	}
	var out []*stream.Fault
	if f.recovery {
		out = append(out, s.fault("standby", "", "the server is a standby", "put the primary's address in url"))
	}
	if f.walLevel != "logical" {
		out = append(out, s.fault("wal_level", "", "wal_level is "+f.walLevel,
			"ALTER SYSTEM SET wal_level = logical;  -- then restart the server"))
	}
	if waitsForUs(f.standbys) {
		// Every commit would wait until we have stored it, and for ever while we are down.
		out = append(out, s.fault("synchronous", "", "commits on the server wait for lethe: synchronous_standby_names counts it as a standby",
			"ALTER SYSTEM SET synchronous_standby_names = '<the names of your standbys>'; SELECT pg_reload_conf();"))
	}
	if s.create && f.slot == nil && f.slots >= f.maxSlots {
		out = append(out, s.fault("slots", "", fmt.Sprintf("all %d replication slots are taken", f.maxSlots),
			fmt.Sprintf("ALTER SYSTEM SET max_replication_slots = %d;  -- then restart the server\nor drop one that nobody reads: SELECT slot_name, active FROM pg_replication_slots;", f.maxSlots+4)))
	}
	return out
}

// waitsForUs reports whether a setting of synchronous_standby_names takes our
// connection for a standby: by its name, or as any.
func waitsForUs(names string) bool {
	for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return strings.ContainsRune(" ,()\"\t\n", r) }) {
		if name == "*" || strings.EqualFold(name, sessionParams["application_name"]) {
			return true
		}
	}
	return false
}

// busyFaults are about what others hold at this moment; Read waits for it.
func (s *settings) busyFaults(f *facts) []*stream.Fault {
	var out []*stream.Fault
	if f.slot != nil && f.slot.activePID != "" {
		out = append(out, s.fault("slot_in_use", "", fmt.Sprintf("the replication slot %s is in use by process %s", s.slot, f.slot.activePID),
			"stop the other reader, or end its connection: SELECT pg_terminate_backend("+f.slot.activePID+");"))
	}
	if f.senders >= f.maxSenders {
		out = append(out, s.fault("senders", "", fmt.Sprintf("all %d replication connections are taken", f.maxSenders),
			fmt.Sprintf("ALTER SYSTEM SET max_wal_senders = %d;  -- then restart the server", f.maxSenders+4)))
	}
	return out
}

// slotFaults are about a slot of our name that cannot be used.
func (s *settings) slotFaults(f *facts) []*stream.Fault {
	switch slot := f.slot; {
	case slot == nil && !s.create:
		return []*stream.Fault{s.fault("slot_missing", "", "there is no replication slot "+s.slot,
			"SELECT pg_create_logical_replication_slot("+quoteText(s.slot)+", 'pgoutput');"+s.formerly())}
	case slot == nil:
		return nil
	case slot.kind != "logical" || slot.plugin != "pgoutput" || slot.db != f.db:
		why := ""
		if slot.db != f.db && s.slot == s.usual {
			why = ": a server has its slots in common, and the name that is made up of workspace and source has no database in it"
		}
		return []*stream.Fault{s.fault("slot_other", s.place()+".slot", fmt.Sprintf("the replication slot %s is for something else: %s %s %s", s.slot, slot.kind, slot.plugin, slot.db),
			"set "+s.place()+".slot to another name"+why)}
	case slot.status == "lost" && !s.resnapshot:
		f := s.fault("slot_lost", "", fmt.Sprintf("the replication slot %s lost log that it still needed (max_slot_wal_keep_size, idle_replication_slot_timeout)", s.slot), s.anew())
		f.Final = true // unless somebody says to begin again
		return []*stream.Fault{f}
	}
	return nil
}

// tableFaults are about the selected tables.
func (s *settings) tableFaults(f *facts) []*stream.Fault {
	var out []*stream.Fault
	for _, g := range s.globs {
		out = append(out, s.globFault(g, f)...)
	}
	for _, t := range f.selected {
		q := quoteIdent(t.schema, t.name)
		path := s.stream(t)
		if strings.Contains(t.schema, ".") {
			out = append(out, s.fault("name", path, "a schema's name with a dot in it cannot be told from a table's", "leave the schema out of streams"))
		}
		switch {
		case !t.mayUse:
			out = append(out, s.fault("select_right", path, "the role "+f.user+" may not use the schema",
				"GRANT USAGE ON SCHEMA "+quoteIdent(t.schema)+" TO "+quoteIdent(f.user)+"; GRANT SELECT ON "+q+" TO "+quoteIdent(f.user)+";"))
		case !t.mayRead:
			out = append(out, s.fault("select_right", path, "the role "+f.user+" may not read the table",
				"GRANT SELECT ON "+q+" TO "+quoteIdent(f.user)+";"))
		}
		if t.rowSecurity {
			out = append(out, s.fault("row_security", path, "row security hides rows of the table from the role "+f.user,
				"ALTER ROLE "+quoteIdent(f.user)+" BYPASSRLS;"))
		}
		out = append(out, s.identityFaults(t, f)...)
	}
	return out
}

// globFault tells of a name in streams that selects nothing.
func (s *settings) globFault(g glob, f *facts) []*stream.Fault {
	var other *table
	for _, t := range f.tables {
		if g.match(t.schema, t.name) {
			if t.streams() {
				return nil
			}
			other = t
		}
	}
	path := s.source + ".streams"
	if other == nil || g.wild {
		return []*stream.Fault{s.fault("streams", path, g.text+" selects no table of database "+f.db, `list them with psql: \dt *.*`)}
	}
	why := map[bool]string{true: "is a partition: it is read with the table that it is a part of"}[other.partition]
	switch {
	case why != "":
	case other.kind == "v" || other.kind == "m":
		why = "is a view"
	case other.kind == "f":
		why = "is a foreign table"
	default:
		why = "is unlogged or temporary: its changes are not in the log"
	}
	return []*stream.Fault{s.fault("streams", path, other.String()+" "+why, "name a table in streams")}
}

// identityFaults keep us from breaking a table for others: where a publication
// has updates and deletes of a table without replica identity, PostgreSQL
// refuses the update itself.
func (s *settings) identityFaults(t *table, f *facts) []*stream.Fault {
	if t.identified {
		return nil
	}
	for _, p := range f.publications {
		// Our own is taken care of where it is ours to alter.
		if !p.tables[t.String()] || !p.update && !p.delete || (p.name == s.publication || p.name == s.inserts) && s.create && !p.all {
			continue
		}
		return []*stream.Fault{s.fault("replica_identity", s.stream(t),
			"publication "+p.name+" has the table's updates and deletes, but the table has no replica identity: the server refuses them", t.alters()+"  -- or better add a primary key")}
	}
	return nil
}

// publicationFaults are about publications that are not ours to make or alter.
func (s *settings) publicationFaults(f *facts) []*stream.Fault {
	full, inserts := f.wants()
	out := s.filterFaults(f)
	if s.create {
		return append(out, s.createFaults(f, full, inserts)...)
	}
	p := f.publications[s.publication]
	if p == nil {
		return append(out, s.fault("publication_missing", "", "there is no publication "+s.publication, createPublication(s.publication, allChanges, only(full))+";"))
	}
	if len(full) > 0 && (!p.insert || !p.update || !p.delete || !p.truncate || !p.viaTop) {
		out = append(out, s.fault("publication_operations", "", "publication "+s.publication+" leaves changes out",
			"ALTER PUBLICATION "+quoteIdent(s.publication)+" SET (publish = '"+allChanges+"', publish_via_partition_root = true);"))
	}
	if missing := p.without(full); len(missing) > 0 {
		out = append(out, s.fault("publication_tables", "", fmt.Sprintf("publication %s lacks %d of the tables", s.publication, len(missing)),
			"ALTER PUBLICATION "+quoteIdent(s.publication)+" ADD TABLE "+strings.Join(only(missing), ", ")+";"))
	}
	pi := f.publications[s.inserts]
	missing := inserts
	if pi != nil {
		missing = pi.without(inserts)
	}
	switch {
	case len(missing) == 0:
	case pi == nil:
		out = append(out, s.fault("publication_missing", "", "there is no publication "+s.inserts+" for tables without replica identity", createPublication(s.inserts, noUpdates, only(missing))+";"))
	default:
		out = append(out, s.fault("publication_tables", "", fmt.Sprintf("publication %s lacks %d of the tables", s.inserts, len(missing)),
			"ALTER PUBLICATION "+quoteIdent(s.inserts)+" ADD TABLE "+strings.Join(only(missing), ", ")+";"))
	}
	return out
}

// filterFaults are about publications that leave rows or columns out: the
// snapshot has them, and their changes would be missed silently (L2).
func (s *settings) filterFaults(f *facts) []*stream.Fault {
	var out []*stream.Fault
	for _, name := range []string{s.publication, s.inserts} {
		p := f.publications[name]
		for _, t := range f.selected {
			if p == nil || !slices.Contains(p.filtered, t.String()) {
				continue
			}
			one := "ONLY " + quoteIdent(t.schema, t.name)
			out = append(out, s.fault("publication_filter", s.stream(t), "publication "+name+" leaves rows or columns of the table out",
				"ALTER PUBLICATION "+quoteIdent(name)+" DROP TABLE "+one+"; ALTER PUBLICATION "+quoteIdent(name)+" ADD TABLE "+one+";"))
		}
	}
	return out
}

// without are the tables that p does not have.
func (p *publication) without(tables []*table) []*table {
	var out []*table
	for _, t := range tables {
		if !p.tables[t.String()] {
			out = append(out, t)
		}
	}
	return out
}

func only(tables []*table) []string {
	var out []string
	for _, t := range tables {
		out = append(out, "ONLY "+quoteIdent(t.schema, t.name))
	}
	return out
}

// createFaults are about rights to make publications: CREATE on the database,
// and the tables must be the role's own.
func (s *settings) createFaults(f *facts, full, inserts []*table) []*stream.Fault {
	if f.super {
		return nil
	}
	var out []*stream.Fault
	if !f.mayCreate && (f.publications[s.publication] == nil || f.publications[s.inserts] == nil) {
		out = append(out, s.fault("create_right", "", "the role "+f.user+" may not make publications in database "+f.db,
			"GRANT CREATE ON DATABASE "+quoteIdent(f.db)+" TO "+quoteIdent(f.user)+";"))
	}
	have := func(t *table) bool {
		for _, n := range []string{s.publication, s.inserts} {
			if p := f.publications[n]; p != nil && p.tables[t.String()] {
				return true
			}
		}
		return false
	}
	// A table without replica identity in the publication of updates could not
	// be updated any more: publishing never breaks the source.
	publish := createPublication(s.publication, allChanges, only(full)) + ";"
	if len(inserts) > 0 {
		publish += "\n" + createPublication(s.inserts, noUpdates, only(inserts)) + ";"
	}
	for _, t := range slices.Concat(full, inserts) {
		if !t.owned && !have(t) {
			out = append(out, s.fault("owner_right", s.stream(t), "the role "+f.user+" does not own the table and cannot publish it",
				"let its owner run this, and set create: false\n"+publish))
			break
		}
	}
	return out
}

// checkReplication tries what cannot be asked: managed servers give the right
// to replicate through roles of their own.
func (s *source) checkReplication(ctx context.Context, f *facts) error {
	conn, err := s.connectReplication(ctx)
	if err == nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return s.set.connectFault(err)
	}
	if pg.Code == "42501" {
		return s.set.fault("replication_right", "", "the role "+f.user+" may not replicate", "ALTER ROLE "+quoteIdent(f.user)+" REPLICATION;")
	}
	return s.set.fault("replication", "", "the server refuses a replication connection: "+withoutValues(pg).Error(), "check pg_hba.conf on the server")
}

// warn tells what works but is less than one may expect.
func (s *settings) warn(log *slog.Logger, f *facts) {
	_, inserts := f.wants()
	for _, t := range inserts {
		log.Warn("only inserts of this table can be read: it has no replica identity", "stream", s.stream(t),
			"hint", identify(t.alters()))
	}
	if f.slot != nil && f.slot.status == "unreserved" {
		log.Warn("the replication slot is about to lose log that it needs", "slot", s.slot)
	}
	if f.encoding == "SQL_ASCII" {
		log.Warn("the database has no encoding: bytes that are not UTF-8 are replaced", "database", f.db)
	}
}

// keyless is what the contract of a table without a primary key tells already,
// before the server is asked for its replica identity.
func keyless(stream string) (msg, hint string) {
	schema, table, _ := strings.Cut(stream, ".")
	return "only inserts of this table are read, updates and deletes are not, unless it has REPLICA IDENTITY FULL: it has no primary key", identify("ALTER TABLE " + quoteIdent(schema, table) + " REPLICA IDENTITY FULL;")
}

// formerly is what else to do where a named slot is not there: reading may have
// begun at one of another name.
func (s *settings) formerly() string {
	if s.slot == s.usual {
		return ""
	}
	return "  -- or, if this source has been read by another slot, set " + s.place() + ".slot to that: " + s.usual + " where none was named"
}
