# Servers that the tests need: PostgreSQL and Apache Kafka, on loopback and free
# ports, with data below $RUN that is thrown away; and what they start themselves, to
# kill it in between. test.sh sources this file.
#
#   start_postgres   sets LETHE_TEST_POSTGRES (superuser URL, wal_level=logical)
#   start_kafka      sets LETHE_TEST_KAFKA (host:port)
#   stop_servers     stops what the two started, by process id
#   fetch_receivers  sets LETHE_TEST_VERSITYGW, LETHE_TEST_COLLECTOR and LETHE_TEST_ALERTRULES
#                    (programs), LETHE_TEST_OPENSEARCH and LETHE_TEST_VERAPDF
#                    (directories of jars)
#
# Each uses what the environment already names and starts or fetches none then.
# Expects: RUN (own directory, readable by others), CACHE, HERE, say(), die().

SERVERS=() # SIGNAL:PID of each, in the order in which they were started

# free_port prints a port of 127.0.0.1 that nothing listens on, below the range
# that the system hands out by itself.
free_port() {
	local p
	while :; do
		p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
}

# await PID LOG COMMAND... waits up to a minute until COMMAND succeeds.
await() {
	local pid=$1 log=$2 i
	shift 2
	for ((i = 0; i < 600; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	tail -20 "$log" >&2
	return 1
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

postgres_bin() {
	local dir
	for dir in $(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV); do
		[ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && { echo "$dir"; return; }
	done
	if command -v postgres >/dev/null && command -v initdb >/dev/null; then
		dirname "$(command -v postgres)"
	fi
}

# as_postgres runs a command as the user that may run PostgreSQL: it refuses to
# run as root. setpriv executes in place, so the process id stays.
as_postgres() {
	if [ "$(id -u)" = 0 ]; then
		exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
	else
		exec "$@"
	fi
}

start_postgres() {
	if [ -n "${LETHE_TEST_POSTGRES:-}" ]; then
		say "PostgreSQL: the one that LETHE_TEST_POSTGRES names"
		return
	fi
	local bin data=$RUN/postgres pass port pid try
	bin=$(postgres_bin)
	mkdir -p "$data"
	chmod 700 "$data"
	pass=$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')
	printf '%s\n' "$pass" >"$RUN/postgres.pass"
	[ "$(id -u)" != 0 ] || chown postgres "$data" "$RUN/postgres.pass"
	(cd "$data" && as_postgres "$bin/initdb" -D "$data" -U postgres -E UTF8 --locale=C \
		--auth=scram-sha-256 --pwfile="$RUN/postgres.pass") >"$RUN/initdb.log" 2>&1 ||
		{ cat "$RUN/initdb.log" >&2; die 3 "initdb failed"; }
	rm -f "$RUN/postgres.pass"
	for try in 1 2 3; do
		port=$(free_port)
		(cd "$data" && as_postgres setsid "$bin/postgres" -D "$data" -p "$port" \
			-c listen_addresses=127.0.0.1 -c unix_socket_directories= \
			-c wal_level=logical -c max_replication_slots=60 -c max_wal_senders=60 \
			-c max_connections=300 -c fsync=off -c full_page_writes=off \
			-c shared_buffers=64MB -c max_wal_size=512MB \
			-c logging_collector=off) >>"$RUN/postgres.log" 2>&1 </dev/null &
		pid=$!
		export LETHE_TEST_POSTGRES="postgres://postgres:$pass@127.0.0.1:$port/postgres?sslmode=disable"
		if await "$pid" "$RUN/postgres.log" "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then
			SERVERS+=("INT:$pid") # a fast shutdown; TERM would wait for clients
			say "PostgreSQL $("$bin/postgres" --version | awk '{print $3}'): port $port, process $pid"
			return
		fi
		kill -INT "$pid" 2>/dev/null || true
	done
	die 3 "PostgreSQL did not start; see the lines above"
}

# jars NAME fetches what a pom of ours names, once, and leaves the directory in JARS;
# the pom's checksum names the copy.
jars() {
	local pom=$HERE/cmd/internal/testservers/$1/pom.xml
	JARS=$CACHE/$1-$(cksum <"$pom" | cut -d' ' -f1)
	[ ! -e "$JARS/complete" ] || return 0
	say "$1: fetching its jars with Maven, once, into $JARS"
	mkdir -p "$JARS"
	mvn -B -q -f "$pom" dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory="$JARS" >"$RUN/maven.log" 2>&1 ||
		{ tail -20 "$RUN/maven.log" >&2; die 3 "Maven could not fetch the jars of $1"; }
	: >"$JARS/complete"
}

start_kafka() {
	if [ -n "${LETHE_TEST_KAFKA:-}" ]; then
		say "Kafka: the one that LETHE_TEST_KAFKA names"
		return
	fi
	local dir port cport pid try KAFKA_JARS
	local java=(java -Xms128m -Xmx640m -Xshare:auto -XX:+UseSerialGC -Djava.net.preferIPv4Stack=true
		-Djava.awt.headless=true -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)
	jars kafka
	KAFKA_JARS=$JARS
	for try in 1 2 3; do
		dir=$RUN/kafka$try port=$(free_port) cport=$(free_port)
		mkdir -p "$dir"
		sed -e "s#@PORT@#$port#g;s#@CPORT@#$cport#g;s#@DATA@#$dir/data#g" \
			"$HERE/cmd/internal/testservers/kafka/server.properties" >"$dir/server.properties"
		"${java[@]}" -cp "$KAFKA_JARS/*" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg \
			-c "$dir/server.properties" >"$dir/format.log" 2>&1 ||
			{ cat "$dir/format.log" >&2; die 3 "Kafka could not format its directory"; }
		setsid "${java[@]}" -cp "$KAFKA_JARS/*" kafka.Kafka "$dir/server.properties" \
			>"$RUN/kafka.log" 2>&1 </dev/null &
		pid=$!
		if await "$pid" "$RUN/kafka.log" port_open "$port"; then
			SERVERS+=("TERM:$pid")
			export LETHE_TEST_KAFKA="127.0.0.1:$port"
			say "Kafka $(basename "$KAFKA_JARS"/kafka_2*.jar .jar | sed 's/.*-//'): port $port, process $pid"
			return
		fi
		kill "$pid" 2>/dev/null || true
	done
	die 3 "Kafka did not start; see the lines above"
}

# fetch_receivers gets what the tests start themselves, once; where it cannot, the
# tests that want it say so.
fetch_receivers() {
	local dir
	if [ -z "${LETHE_TEST_VERSITYGW:-}" ]; then
		dir=$CACHE/versitygw-$VERSITYGW
		[ -x "$dir/versitygw" ] || say "versitygw: building it, once, into $dir"
		if [ -x "$dir/versitygw" ] || GOBIN=$dir go install "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW" 2>"$RUN/versitygw.log"; then
			export LETHE_TEST_VERSITYGW=$dir/versitygw
		else
			tail -5 "$RUN/versitygw.log" >&2
		fi
	fi
	if [ -z "${LETHE_TEST_COLLECTOR:-}" ]; then
		dir=$CACHE/collector-$(cat "$HERE"/bench/peers/collector/* | cksum | cut -d' ' -f1)
		[ -x "$dir/collector" ] || say "OpenTelemetry's receivers: building them, once, into $dir"
		if [ -x "$dir/collector" ] || (cd "$HERE/bench/peers/collector" && go build -o "$dir/collector" .) 2>"$RUN/collector.log"; then
			export LETHE_TEST_COLLECTOR=$dir/collector
		else
			tail -5 "$RUN/collector.log" >&2
		fi
	fi
	if [ -z "${LETHE_TEST_ALERTRULES:-}" ]; then
		dir=$CACHE/alertrules-$(cat "$HERE"/bench/peers/alertrules/* | cksum | cut -d' ' -f1)
		[ -x "$dir/alertrules" ] || say "Prometheus's reader of rules: building it, once, into $dir"
		if [ -x "$dir/alertrules" ] || (cd "$HERE/bench/peers/alertrules" && go build -o "$dir/alertrules" .) 2>"$RUN/alertrules.log"; then
			export LETHE_TEST_ALERTRULES=$dir/alertrules
		else
			tail -5 "$RUN/alertrules.log" >&2
		fi
	fi
	if [ -z "${LETHE_TEST_OPENSEARCH:-}" ] && command -v mvn >/dev/null; then
		jars opensearch
		export LETHE_TEST_OPENSEARCH=$JARS
	fi
	if [ -z "${LETHE_TEST_VERAPDF:-}" ] && command -v mvn >/dev/null; then
		jars verapdf
		export LETHE_TEST_VERAPDF=$JARS
	fi
}

# stop_servers ends what was started: politely, and after ten seconds for good.
stop_servers() {
	local server pid i
	for server in "${SERVERS[@]+"${SERVERS[@]}"}"; do
		pid=${server#*:}
		kill -"${server%%:*}" "$pid" 2>/dev/null || continue
		for ((i = 0; i < 100; i++)); do
			kill -0 "$pid" 2>/dev/null || continue 2
			sleep 0.1
		done
		kill -KILL "$pid" 2>/dev/null || true
	done
	SERVERS=()
}
