#!/bin/sh
# Runs main.go on loopback and captures its debug endpoints into this folder. Needs go and curl.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
go build -trimpath -o "$tmp/shop" .
(cd "$tmp" && exec ./shop -port-file port) &
pid=$!
until [ -s "$tmp/port" ]; do sleep 0.1; done
base="http://127.0.0.1:$(cat "$tmp/port")/debug"

curl -sSf "$base/pprof/profile?seconds=5" -o cpu.pb.gz
for kind in heap allocs goroutine block mutex threadcreate; do
	curl -sSf "$base/pprof/$kind" -o "$kind.pb.gz"
done
curl -sSf "$base/vars" -o vars.json
curl -sSf "$base/pprof/" -o index.html

go tool pprof -proto -output=later.pb.gz -ignore=writeString cpu.pb.gz cpu.pb.gz

# All rows, in exact units: what our own tables are compared with.
table() { go tool pprof -top -nodecount=0 -nodefraction=0 -edgefraction=0 -unit="$2" -sample_index="$3" "$1"; }
table cpu.pb.gz ns cpu > top-cpu.txt
table heap.pb.gz B inuse_space > top-heap.txt
