#!/usr/bin/env bash
# Runs every test, with the servers that they need.
set -euo pipefail

usage='usage: ./test.sh [--yes] [--servers] [PACKAGE...]

Installs what is missing, starts PostgreSQL and Apache Kafka on free ports of
127.0.0.1, runs the checks, the tests (all packages, or those named) and a short
fuzzing of every parser, and stops the servers again.

  --yes       install Debian packages without asking (CI=true does the same)
  --servers   start the servers, print how to use them, and wait for Ctrl-C

Kafka, OpenSearch and veraPDF come from Maven, versitygw and the receivers of OpenTelemetry
from their Go modules, python-stdnum from PyPI. They are kept in $LETHE_TEST_CACHE,
by default ${XDG_CACHE_HOME:-~/.cache}/lethe-test. Everything else lies in a
temporary directory that is removed at the end. No service is enabled.

Environment:
  LETHE_TEST_POSTGRES   superuser URL of a server to use instead of an own one
  LETHE_TEST_KAFKA      host:port of a broker to use instead of an own one
  LETHE_TEST_VERSITYGW, LETHE_TEST_COLLECTOR, LETHE_TEST_OPENSEARCH, LETHE_TEST_VERAPDF,
  LETHE_TEST_ALERTRULES versitygw, bench/peers/collector, the jars of OpenSearch and of
                        veraPDF, bench/peers/alertrules to use instead of own ones
  LETHE_TEST_STDNUM     Python with python-stdnum 2.1 to use instead of an own one
  LETHE_TEST_FUZZ       inputs or time for each fuzz target (20000x, 10m), by default 20000x; 0 for none
  CI=true               also fails where a test was skipped'

STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK=golang.org/x/vuln/cmd/govulncheck@v1.8.0
VERSITYGW=v1.8.0 # an S3 service with object lock
STDNUM=2.1 # of PyPI: its verdicts on identifiers are compared with ours

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${LETHE_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/lethe-test}
YES=${CI:-} ONLY_SERVERS='' PACKAGES=()

say() { printf '== %s\n' "$*"; }
die() {
	local code=$1
	shift
	printf 'test.sh: %s\n' "$*" >&2
	exit "$code"
}

# --- what must be there ------------------------------------------------------

# missing prints the Debian packages of the commands that are not there.
missing() {
	command -v gcc >/dev/null || echo gcc libc6-dev # the race detector is C
	if [ -z "${LETHE_TEST_POSTGRES:-}" ] && [ -z "$(postgres_bin)" ]; then echo postgresql; fi
	if [ -z "${LETHE_TEST_KAFKA:-}" ]; then
		command -v java >/dev/null || echo default-jre-headless
		command -v mvn >/dev/null || echo maven
	fi
	# A laptop may do without these, of which the last has 60 MB to fetch.
	if [ -n "${CI:-}" ] && [ -z "${LETHE_TEST_STDNUM:-}" ] && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then echo python3-venv; fi
	if [ -n "${CI:-}" ] && ! ls /usr/lib/*/rsyslog/lmnsd_ossl.so >/dev/null 2>&1; then echo rsyslog rsyslog-openssl; fi
	if [ -n "${CI:-}" ] && ! command -v qemu-aarch64-static qemu-aarch64 >/dev/null; then echo qemu-user-static; fi
}

# install adds Debian packages. Debian's postgresql makes a cluster of its own
# and starts it; createcluster.conf keeps it from that.
install() {
	local conf=/etc/postgresql-common/createcluster.conf
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	case " $* " in *' postgresql '*)
		apt-get install -q -y --no-install-recommends postgresql-common
		[ ! -e $conf ] || cp -p $conf "$RUN/createcluster.conf"
		mkdir -p "${conf%/*}"
		printf 'create_main_cluster = false\n' >>$conf
		;;
	esac
	local ok=0
	apt-get install -q -y --no-install-recommends "$@" || ok=$?
	[ ! -e "$RUN/createcluster.conf" ] || cp -p "$RUN/createcluster.conf" $conf
	return $ok
}

prepare() {
	command -v go >/dev/null || die 3 "go is not on the PATH; get it from https://go.dev/dl"
	local need answer
	need=$(missing | xargs)
	[ -n "$need" ] || return 0
	say "missing: $need"
	command -v apt-get >/dev/null || die 3 "install these by the means of your system, then type ./test.sh"
	[ "$(id -u)" = 0 ] || die 3 "not root; type: sudo apt-get install --no-install-recommends $need"
	if [ -z "$YES" ]; then
		[ -t 0 ] || die 3 "type ./test.sh --yes to install them with apt-get"
		read -r -p "Install them with apt-get? [y/N] " answer
		case $answer in [yY]*) ;; *) die 3 "nothing was installed" ;; esac
	fi
	# shellcheck disable=SC2086
	install $need || die 3 "apt-get could not install: $need"
	need=$(missing | xargs)
	[ -z "$need" ] || die 3 "still missing after the installation: $need"
}

# python_stdnum makes a Python with python-stdnum, once; where it cannot, the
# test that wants it says so.
python_stdnum() {
	[ -z "${LETHE_TEST_STDNUM:-}" ] || return 0
	local dir=$CACHE/python-stdnum-$STDNUM
	if [ ! -e "$dir/complete" ]; then
		command -v python3 >/dev/null || return 0
		say "python-stdnum: fetching it with pip, once, into $dir"
		if ! { python3 -m venv --clear "$dir" && "$dir/bin/pip" install -q --no-deps "python-stdnum==$STDNUM"; } >"$RUN/pip.log" 2>&1; then
			tail -5 "$RUN/pip.log" >&2
			return 0
		fi
		: >"$dir/complete"
	fi
	export LETHE_TEST_STDNUM=$dir/bin/python
}

# --- checks and tests ----------------------------------------------------------

FAILED=() # names of the steps that failed

step() {
	local name=$1
	shift
	say "$name"
	"$@" || FAILED+=("$name")
}

formatted() {
	local files
	files=$(gofmt -l .)
	[ -z "$files" ] || { printf '%s\n' "$files" "type: gofmt -w ." >&2; return 1; }
}

vulnerabilities() {
	if timeout 5 bash -c 'exec 3<>/dev/tcp/vuln.go.dev/443' 2>/dev/null; then
		go run "$GOVULNCHECK" ./...
	else
		say "skipped: vuln.go.dev cannot be reached from here"
	fi
}

# arm64 runs what decides about masked bytes on the other architecture (L6). It
# starts processes of its own nowhere, so an emulator of one process will do.
arm64() {
	local qemu
	qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || true
	if [ -z "$qemu" ] && [ "$(uname -m)" != aarch64 ]; then
		say "skipped: there is no qemu-aarch64; to have it: apt-get install --no-install-recommends qemu-user-static"
		return 0
	fi
	CGO_ENABLED=0 GOARCH=arm64 go test -short ${qemu:+-exec "$qemu"} ./masking ./masking/subject/... ./masking/detect ./masking/detect/identifier ./masking/detect/names ./masking/internal/... ./stream ./stream/scan ./stream/lanes ./stream/tree ./rules/...
}

# SQLite is C put into Go: in it, the race detector takes most of the time of the
# tests, and finds nothing of ours.
RACE=(-race '-gcflags=modernc.org/...=-race=false')

# SEQUENTIAL starts no goroutine, and takes 15 times as long with the race detector.
SEQUENTIAL=lethe/masking/detect/names/train

# tests leaves the counts in $RUN/counts.
tests() {
	local all package raced=() plain=() failed=0
	all=$(go list "${PACKAGES[@]}") || return 1
	for package in $all; do
		if [ "$package" = "$SEQUENTIAL" ]; then plain+=("$package"); else raced+=("$package"); fi
	done
	{
		if [ ${#plain[@]} -gt 0 ]; then go test -json "${plain[@]}" || failed=1; fi
		if [ ${#raced[@]} -gt 0 ]; then go test "${RACE[@]}" -json -p 2 -timeout 45m "${raced[@]}" || failed=1; fi
		[ $failed = 0 ]
	} | "$RUN/tally" -counts "$RUN/counts" ${CI:+-ci}
}

# fuzz counts inputs: a run that ends by the clock may fail with no more than
# "context deadline exceeded" (golang/go#75804), and making an input smaller may
# take all of its time.
fuzz() {
	local file target
	grep -rlE --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
		sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$file" | while read -r target; do
			say "fuzz ${file%/*} $target"
			go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 100x -parallel 2 "${file%/*}" </dev/null >"$RUN/fuzz.log" 2>&1 ||
				{ cat "$RUN/fuzz.log"; exit 1; }
		done || exit 1
	done
}

run_all() {
	step "gofmt" formatted
	step "go vet" go vet ./...
	step "staticcheck" go run "$STATICCHECK" ./...
	step "govulncheck" vulnerabilities
	go build -o "$RUN/tally" ./cmd/internal/testservers/tally
	step "go test -race" tests
	step "masked bytes on arm64" arm64
	[ "${LETHE_TEST_FUZZ:-20000x}" = 0 ] || step "fuzz" fuzz "${LETHE_TEST_FUZZ:-20000x}"
	say "in $((SECONDS / 60)) min $((SECONDS % 60)) s"
	[ ${#FAILED[@]} = 0 ] || printf 'failed: %s\n' "${FAILED[@]}"
	cat "$RUN/counts"
	[ ${#FAILED[@]} = 0 ]
}

# --- the run -------------------------------------------------------------------

# finish ends what runs now: the last process put into the background, whether
# a guarded function or a server that is still starting, and its whole group.
finish() {
	local code=$? last=${!:-}
	trap - EXIT INT TERM HUP
	if [ -n "$last" ] && kill -TERM "$last" 2>/dev/null; then
		kill -TERM -- "-$last" 2>/dev/null || true
		sleep 1
		kill -KILL -- "-$last" 2>/dev/null || true
	fi
	stop_servers
	rm -rf "$RUN"
	exit "$code"
}

# guarded runs a function in a process group of its own and waits for it: bash
# holds a signal back until a command in the foreground has ended.
guarded() {
	set -m
	"$@" &
	set +m
	wait "$!"
}

# parse reads the flags.
parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--yes | -y) YES=1 ;;
		--servers) ONLY_SERVERS=1 ;;
		--help | -h) echo "$usage"; exit 0 ;;
		-*) die 2 "no such flag: $1
$usage" ;;
		*) PACKAGES+=("$1") ;;
		esac
		shift
	done
	[ ${#PACKAGES[@]} -gt 0 ] || PACKAGES=(./...)
}

# main is read whole before it runs, so that the file may change meanwhile.
main() {
	parse "$@"
	cd "$HERE"
	# shellcheck source=cmd/internal/testservers/servers.sh
	. "$HERE/cmd/internal/testservers/servers.sh"
	RUN=$(mktemp -d "${TMPDIR:-/tmp}/lethe-test.XXXXXX")
	chmod 755 "$RUN" # the postgres user must reach its directory
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$CACHE"
	prepare
	python_stdnum
	fetch_receivers
	start_postgres
	start_kafka
	if [ -n "$ONLY_SERVERS" ]; then
		local name
		for name in POSTGRES KAFKA VERSITYGW COLLECTOR OPENSEARCH VERAPDF ALERTRULES; do
			name=LETHE_TEST_$name
			printf "export %s='%s'\n" "$name" "${!name:-}"
		done
		say "Ctrl-C stops both"
		guarded sleep infinity
	fi
	guarded run_all
	exit
}

main "$@"
