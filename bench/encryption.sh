#!/usr/bin/env bash
# What encryption at rest costs: the same load on a plain store and on an
# encrypted one, in turns. Takes about three minutes.
#
#   bench/encryption.sh [DOCUMENTS] [TURNS]     default 200000 over HTTP, 2
#
# Server and load share the machine; CPU time is the server's alone.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly documents=${1:-200000}
readonly turns=${2:-2}
readonly base="${XDG_CACHE_HOME:-$HOME/.cache}/roentgen-bazel-opt"
bazel --output_base="$base" build --symlink_prefix=/ --config=opt \
  //server/app:roentgen //bench/load:load_driver
bin=$(bazel --output_base="$base" info --config=opt bazel-bin 2>/dev/null)
readonly bin
work=$(mktemp -d)
readonly work
server=0
trap '[[ $server -eq 0 ]] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
(umask 077 && openssl rand -hex 32 >"$work/keys")

port() {
  sed -E "s/.*\"$1\":\\[\"[^\"]*:([0-9]+)\".*/\\1/" "$work/ports.json"
}

# $1: its name; the rest: flags of the server.
run() {
  local name=$1
  shift
  rm -rf "$work/store" "$work/ids" "$work/ports.json"
  "$bin/server/app/roentgen" serve --data_dir="$work/store" "$@" \
    --xray.http.listen=127.0.0.1:0 --xray.udp.listen=127.0.0.1:0 \
    --grpc.listen=127.0.0.1:0 --otlp.http.listen=127.0.0.1:0 \
    --admin.http.listen=127.0.0.1:0 --memory.block_cache=8MiB \
    --ports_file="$work/ports.json" 2>>"$work/log" &
  server=$!
  until [[ -s $work/ports.json ]]; do sleep 0.005; done
  local load=("$bin/bench/load/load_driver" "--pid=$server"
    "--data=$work/store" "--ids=$work/ids")
  echo "$name:"
  "${load[@]}" put-http "$documents" "$(port xray_http)"
  "${load[@]}" settle 30 "$documents"
  "${load[@]}" get 2000 "$(port xray_http)"
  "${load[@]}" search 300 "$(port xray_http)"
  kill "$server"
  wait "$server" || true
  server=0
}

echo "commit $(git rev-parse --short HEAD), $(nproc) cores," \
  "$(awk -F: '/model name/ {print $2; exit}' /proc/cpuinfo)"
for ((turn = 0; turn < turns; ++turn)); do
  run plain
  run encrypted --encryption.keys_file="$work/keys"
done
