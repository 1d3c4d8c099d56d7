#!/usr/bin/env bash
# Measures MaskField of Kafka Connect over a file of events, one a line, and prints
# what a record cost as JSON. The jars are those of bench/peers/debezium, fetched
# with Maven once and kept in ${XDG_CACHE_HOME:-~/.cache}/lethe-bench.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
POM=$HERE/../debezium/pom.xml
DIR=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/lethe-bench/connect-$(cksum <"$POM" | cut -d' ' -f1)
if [ ! -e "$DIR/.complete" ]; then
	echo "fetching the jars of Kafka Connect with Maven, once" >&2
	mkdir -p "$DIR"
	mvn -B -q -f "$POM" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$DIR" >&2
	: >"$DIR/.complete"
fi
exec java -Xms512m -Xmx1g -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$DIR/*" "$HERE/MaskFieldEvents.java" "$1"
