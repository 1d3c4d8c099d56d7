package postgres

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ownServer starts a PostgreSQL with settings that others must not have, and
// returns a superuser's URL. The binaries are those beside the server that the
// tests have anyway.
func ownServer(t *testing.T, settings ...string) string {
	t.Helper()
	server(t) // skips where no server is wanted
	bin := binaries(t)
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	as := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = dir
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if os.Getuid() == 0 { // PostgreSQL does not run as root
			u, err := user.Lookup("postgres")
			if err != nil {
				t.Skip("there is no user postgres to run a server as")
			}
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			if err := os.Chown(dir, uid, gid); err != nil {
				t.Fatal(err)
			}
			os.Chmod(filepath.Dir(dir), 0o755)
			c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
		return c
	}
	if out, err := as("initdb", "-D", data, "-U", "lethe", "-A", "trust", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	args := []string{"-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "wal_level=logical"}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	var log bytes.Buffer
	c := as("postgres", args...)
	c.Stderr = &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGQUIT)
		c.Wait()
	})
	u := fmt.Sprintf("postgres://lethe@127.0.0.1:%d/postgres", port)
	for deadline := time.Now().Add(patience); ; {
		conn, err := pgconn.Connect(context.Background(), u)
		if err == nil {
			conn.Close(context.Background())
			return u
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not start: %v\n%s", err, log.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func binaries(t *testing.T) string {
	t.Helper()
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	more, _ := filepath.Glob("/opt/homebrew/opt/postgresql*/bin")
	dirs = append(dirs, more...)
	slices.Reverse(dirs)
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d
		}
	}
	t.Skip("PostgreSQL's server binaries are not installed here")
	return ""
}

// on is a database on another server.
func on(t *testing.T, u string) *database {
	t.Helper()
	return &database{t: t, url: u, name: "postgres", conn: connect(t, u)}
}
