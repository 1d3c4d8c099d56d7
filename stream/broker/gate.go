package broker

import (
	"context"
	"net"
	"strconv"
	"sync"
)

// gate is the listener that the broker gets: before it is opened only our own
// client comes through, over a pipe; outside clients wait in the backlog of
// the socket (trap 8).
type gate struct {
	port    int
	inside  chan net.Conn
	outside chan net.Conn
	shut    chan struct{} // closed when the listener is
	opened  chan struct{}

	once   sync.Once
	closed sync.Once
	ln     net.Listener

	mu    sync.Mutex
	conns map[*gateConn]struct{} // the outside ones
}

// gateConn is known to the gate for as long as it is open.
type gateConn struct {
	net.Conn
	gate *gate
}

// Close implements net.Conn.
func (c *gateConn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.conns, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

func newGate(port int) *gate {
	return &gate{
		port: port, inside: make(chan net.Conn), outside: make(chan net.Conn),
		shut: make(chan struct{}), opened: make(chan struct{}),
		conns: make(map[*gateConn]struct{}),
	}
}

// listen is the kfake.ListenFn; kfake asks once per broker, and we run one.
func (g *gate) listen(network, _ string) (net.Listener, error) {
	ln, err := net.Listen(network, net.JoinHostPort("127.0.0.1", strconv.Itoa(g.port)))
	if err != nil {
		return nil, err
	}
	g.ln = ln
	go g.admit()
	return g, nil
}

// admit takes outside connections once the gate is open.
func (g *gate) admit() {
	select {
	case <-g.opened:
	case <-g.shut:
		return
	}
	for {
		raw, err := g.ln.Accept()
		if err != nil {
			return
		}
		conn := &gateConn{Conn: raw, gate: g}
		g.mu.Lock()
		g.conns[conn] = struct{}{}
		g.mu.Unlock()
		select {
		case g.outside <- conn:
		case <-g.shut:
			conn.Close()
			return
		}
	}
}

// sever shuts the gate and cuts every outside connection: no answer leaves
// after it returns.
func (g *gate) sever() {
	g.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.Conn.Close()
	}
	clear(g.conns)
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

func (g *gate) addr() string { return g.ln.Addr().String() }

// dial is the dialer of our own client: it never touches the socket.
func (g *gate) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case g.inside <- theirs:
		return ours, nil
	case <-g.shut:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case c := <-g.inside:
		return c, nil
	case c := <-g.outside:
		return c, nil
	case <-g.shut:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (g *gate) Close() error {
	var err error
	g.closed.Do(func() {
		close(g.shut)
		err = g.ln.Close()
	})
	return err
}

// Addr implements net.Listener.
func (g *gate) Addr() net.Addr { return g.ln.Addr() }
