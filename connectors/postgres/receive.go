package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// inboxLimit is how many bytes of the stream wait for the reader before the
// server is made to wait.
const inboxLimit = 8 << 20

// inboxWake is how many bytes of a transaction wake the reader before its end.
const inboxWake = 64 << 10

// inbox holds what the server sent until the reader takes it, so that the
// connection is served while a batch is being stored.
type inbox struct {
	more chan struct{} // something is there, or it is closed
	room chan struct{} // the reader took everything

	mu  sync.Mutex
	buf []byte // items: length u32 of the rest, kind, LSN u64, message
	err error
}

const (
	itemChange    = 'w' // a message of the stream
	itemKeepalive = 'k' // the server's log has come to LSN; message: 1 if it wants an answer
	itemHead      = 4 + 1 + 8
)

func newInbox() *inbox {
	return &inbox{more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func (b *inbox) put(done <-chan struct{}, kind byte, lsn uint64, msg []byte) {
	for {
		b.mu.Lock()
		if len(b.buf) < inboxLimit || b.err != nil {
			b.buf = binary.BigEndian.AppendUint32(b.buf, uint32(1+8+len(msg)))
			b.buf = append(b.buf, kind)
			b.buf = binary.BigEndian.AppendUint64(b.buf, lsn)
			b.buf = append(b.buf, msg...)
			// Within a transaction the reader has no use for a single change:
			// waking it costs more than reading does.
			wake := kind == itemKeepalive || msg[0] == msgCommit || len(b.buf) >= inboxWake
			b.mu.Unlock()
			if wake {
				signal(b.more)
			}
			return
		}
		b.mu.Unlock()
		select {
		case <-b.room:
		case <-done:
			return
		}
	}
}

func (b *inbox) close(err error) {
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	signal(b.more)
}

// take exchanges everything that is there for old, whose memory is used again.
// The error is that of the connection, once everything before it was taken.
func (b *inbox) take(old []byte) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.buf) == 0 {
		return nil, b.err
	}
	if cap(old) > 2*inboxLimit {
		old = nil
	}
	full := b.buf
	b.buf = old[:0]
	signal(b.room)
	return full, nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// line is a replication connection that is streaming. It answers the server's
// keepalives whatever the reader does, and tells it what was committed.
type line struct {
	conn   *pgconn.PgConn
	inbox  *inbox
	flush  *atomic.Uint64 // committed by the caller: the slot may move to here
	report chan struct{}  // flush moved or the server asked
	every  time.Duration
	done   chan struct{}
	wait   sync.WaitGroup
}

// openLine starts streaming from lsn. The caller closes it.
func (ses *session) openLine(ctx context.Context, conn *pgconn.PgConn, publications string, lsn pglogrepl.LSN) (*line, error) {
	every := ses.statusInterval(ctx)
	args := []string{"proto_version '1'", "publication_names " + quoteText(publications), "messages 'true'"}
	err := pglogrepl.StartReplication(ctx, conn, ses.set.slot, lsn, pglogrepl.StartReplicationOptions{
		Mode: pglogrepl.LogicalReplication, PluginArgs: args})
	if err != nil {
		return nil, fmt.Errorf("start replication: %w", err)
	}
	l := &line{conn: conn, inbox: newInbox(), flush: &ses.flush, report: ses.report, every: every, done: make(chan struct{})}
	l.wait.Go(l.receive)
	l.wait.Go(l.answer)
	return l, nil
}

// close ends both goroutines and the connection; the server frees the slot as
// soon as it notices.
func (l *line) close() {
	close(l.done)
	l.conn.Conn().SetReadDeadline(time.Unix(1, 0))
	l.wait.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.conn.Close(ctx)
}

// receive moves the stream into the inbox. No context is given to the
// connection: watching one costs more than a message does; close interrupts it
// by a deadline.
func (l *line) receive() {
	for {
		msg, err := l.conn.ReceiveMessage(context.Background())
		if err != nil {
			l.inbox.close(fmt.Errorf("replication: %w", withoutValues(err)))
			return
		}
		switch msg := msg.(type) {
		case *pgproto3.CopyData:
			if err := l.copyData(msg.Data); err != nil {
				l.inbox.close(err)
				return
			}
		case *pgproto3.ErrorResponse:
			l.inbox.close(fmt.Errorf("replication: %w", withoutValues(pgconn.ErrorResponseToPgError(msg))))
			return
		case *pgproto3.CopyDone:
			l.inbox.close(fmt.Errorf("replication: %w", errEnded))
			return
		}
	}
}

// errEnded says that the server ended the stream, as it does when it stops.
var errEnded = errors.New("the server ended the stream")

func (l *line) copyData(data []byte) error {
	c := cursor{b: data}
	switch c.u8() {
	case pglogrepl.XLogDataByteID:
		lsn := c.u64()
		c.bytes(16) // the server's log end and clock
		if len(c.b) == 0 {
			return errMessage
		}
		l.inbox.put(l.done, itemChange, lsn, c.b)
	case pglogrepl.PrimaryKeepaliveMessageByteID:
		lsn := c.u64()
		c.bytes(8)
		answer := c.bytes(1)
		if !c.bad {
			l.inbox.put(l.done, itemKeepalive, lsn, answer)
			if answer[0] == 1 {
				signal(l.report)
			}
		}
	}
	if c.bad {
		return errMessage
	}
	return nil
}

// answer tells the server the committed position: when it moved, when the
// server asks, and often enough that it does not take us for dead.
func (l *line) answer() {
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for {
		select {
		case <-l.report:
		case <-tick.C:
		case <-l.done:
			return
		}
		// Never beyond what the caller made durable: the server forgets the rest.
		lsn := pglogrepl.LSN(l.flush.Load())
		if err := pglogrepl.SendStandbyStatusUpdate(context.Background(), l.conn,
			pglogrepl.StandbyStatusUpdate{WALWritePosition: lsn}); err != nil {
			return // receive sees why
		}
	}
}
