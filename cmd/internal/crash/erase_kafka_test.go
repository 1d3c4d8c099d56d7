//go:build linux

package crash

import (
	"errors"
	"log/slog"
	"os/exec"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"lethe/stream"
	"lethe/stream/kafka"
)

func TestL5OnApacheKafkaALostTopicLetsNoErasureBeForgotten(t *testing.T) {
	addr := apacheKafka(t)
	r := newRig(t, []string{addr})
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)")
	r.folder(t, hiddenPolicy)
	r.once(t, 1, 3, 7)
	erase := func(id string) (string, error) {
		cmd := exec.Command(r.lethe, "erase", "--stream", "src.public.account", "--ticket", "T-1", "--yes", r.dir)
		cmd.Stdin = strings.NewReader(id + "\n")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := erase("1"); err != nil {
		t.Fatalf("erase: %v\n%s", err, out)
	}
	r.once(t, 4, 1, 8)
	refused := func(what, why string, out string, err error) {
		t.Helper()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != stream.ExitEnvironment || !strings.Contains(out, why) || !strings.Contains(out, "→ restore the topic") {
			t.Fatalf("%s: %v\n%s", what, err, out)
		}
	}
	cl, err := kafka.Cluster{Brokers: []string{addr}, Log: slog.New(slog.DiscardHandler)}.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	lose := func(topic string) {
		t.Helper()
		if _, err := kadm.NewClient(cl).DeleteTopic(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
	}
	topics := stream.Topics{Workspace: r.workspace}

	lose(topics.Revisions())
	out, err := erase("2")
	refused("erase without the plans", "the log tells that rows were masked under this policy revision", out, err)
	lose(topics.Shreds())
	out, err = erase("2")
	refused("erase without the shreds", "of 1 erasures that were written down only 0 are there", out, err)
	b, err := exec.Command(r.lethe, "run", "--once", r.dir).CombinedOutput()
	refused("run without the shreds", "of 1 erasures that were written down only 0 are there", string(b), err)
}
