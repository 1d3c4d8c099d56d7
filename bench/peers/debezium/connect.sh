#!/usr/bin/env bash
# Runs Kafka Connect with Debezium in the foreground: this process becomes the
# JVM, so that its CPU time is the peer's.
#
#   connect.sh WORK KAFKA RESTPORT
#
# Jars come from Maven once and are kept in ${XDG_CACHE_HOME:-~/.cache}/lethe-bench.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$1 KAFKA=$2 REST=$3
CACHE=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/lethe-bench
fetch() { # POM DIR
	local dir=$2-$(cksum <"$HERE/$1" | cut -d' ' -f1)
	if [ ! -e "$dir/.complete" ]; then
		echo "fetching the jars of $1 with Maven, once" >&2
		mkdir -p "$dir"
		mvn -B -q -f "$HERE/$1" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$dir" >&2
		: >"$dir/.complete"
	fi
	DIR=$dir
}
fetch pom.xml "$CACHE/connect"
CONNECT=$DIR
fetch plugin.xml "$CACHE/plugins/debezium"
sed -e "s#@KAFKA@#$KAFKA#;s#@WORK@#$WORK#;s#@PLUGINS@#$CACHE/plugins#;s#@REST@#$REST#" "$HERE/worker.properties" >"$WORK/worker.properties"
exec java -Xms256m -Xmx1g -XX:+UseG1GC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$CONNECT/*" \
	org.apache.kafka.connect.cli.ConnectStandalone "$WORK/worker.properties" >"$WORK/connect.log" 2>&1
