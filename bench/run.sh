#!/usr/bin/env bash
# Starts an optimised server on a fresh store, loads it every way, and prints
# what it cost. Takes about two minutes.
#
#   bench/run.sh [DOCUMENTS]      default 400000 over HTTP
#
# Server and load share the machine; CPU time is the server's alone.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly documents=${1:-400000}
readonly base="${XDG_CACHE_HOME:-$HOME/.cache}/roentgen-bazel-opt"
bazel --output_base="$base" build --symlink_prefix=/ --config=opt \
  //server/app:roentgen //bench/load:load_driver //bench/storage:hot_path_bench
bin=$(bazel --output_base="$base" info --config=opt bazel-bin 2>/dev/null)
readonly bin
work=$(mktemp -d)
readonly work
server=0
trap '[[ $server -eq 0 ]] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

# Port that the listener $1 chose.
port() {
  sed -E "s/.*\"$1\":\\[\"[^\"]*:([0-9]+)\".*/\\1/" "$work/ports.json"
}

start_server() {
  rm -f "$work/ports.json"
  local begin
  begin=$(date +%s%N)
  "$bin/server/app/roentgen" serve --data_dir="$work/store" \
    --xray.http.listen=127.0.0.1:0 --xray.udp.listen=127.0.0.1:0 \
    --grpc.listen=127.0.0.1:0 --otlp.http.listen=127.0.0.1:0 \
    --admin.http.listen=127.0.0.1:0 \
    --ports_file="$work/ports.json" 2>>"$work/log" &
  server=$!
  until [[ -s $work/ports.json ]]; do sleep 0.005; done
  echo "ready after $1: $((($(date +%s%N) - begin) / 1000000)) ms"
}

load() {
  "$bin/bench/load/load_driver" --pid="$server" --data="$work/store" \
    --ids="$work/ids" "$@"
}

echo "commit $(git rev-parse --short HEAD), $(nproc) cores," \
  "$(awk -F: '/model name/ {print $2; exit}' /proc/cpuinfo)"
"$bin/bench/storage/hot_path_bench" 2>/dev/null | tail -n +4
start_server "a start on an empty folder"
load settle 1 0
load put-http "$documents" "$(port xray_http)"
load settle 30 "$documents"
load get 2000 "$(port xray_http)"
load search 300 "$(port xray_http)"
load put-grpc $((documents / 4)) "$(port grpc)"
load put-udp 100000 "$(port xray_udp)" 20000
load fresh 300 "$(port xray_http)"
load put-http "$documents" "$(port xray_http)" >"$work/background" &
loader=$!
echo "under load:"
load fresh 100 "$(port xray_http)"
wait "$loader"
cat "$work/background"
kill -9 "$server"
wait "$server" 2>/dev/null || true
start_server "kill -9 under load"
kill "$server"
wait "$server" || true
start_server "a clean stop"
