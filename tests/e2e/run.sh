#!/usr/bin/env bash
# End-to-end tests: real clients against the real server binary.
#
#   tests/e2e/run.sh bazel-bin/server/app/roentgen [test name part...]
#
# Needs python3 with venv, node and npm. Client packages are installed once
# into a cache folder and again only when their list changes.
#   ROENTGEN_E2E_CACHE     the cache folder (default: tests/e2e/.cache)
#   ROENTGEN_SHARED_DATA   captured traces (default: ../shared/data beside the
#                          workspace); tests that need them say when absent
#   ROENTGEN_E2E_STORE     rocksdb (default) or memory
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if [[ $# -lt 1 || ! -x $1 ]]; then
  echo "usage: $0 ROENTGEN_BINARY [test name part...]" >&2
  exit 2
fi
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift

cache=${ROENTGEN_E2E_CACHE:-$here/.cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# The distribution's Python first: other ones may lack venv.
python=/usr/bin/python3
[[ -x $python ]] || python=python3

# install NAME LIST COMMAND...: runs the command unless it last ran with
# exactly this list and these tools.
install() {
  local stamp=$cache/$1.stamp want
  want="$(cat "$2") $("$python" --version) $(node --version)"
  shift 2
  if [[ -f $stamp && "$(cat "$stamp")" == "$want" ]]; then
    return
  fi
  rm -f "$stamp"
  "$@"
  printf '%s' "$want" >"$stamp"
}

install_python() {
  rm -rf "$cache/venv"
  "$python" -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check \
    -r "$here/requirements.txt"
}

install_node() {
  rm -rf "$cache/node"
  mkdir -p "$cache/node"
  cp "$here/package.json" "$cache/node/"
  (cd "$cache/node" &&
    npm install --no-audit --no-fund --no-package-lock --silent)
}

# One runner at a time may fill the cache.
exec 9>"$cache/lock"
flock 9
install python "$here/requirements.txt" install_python
install node "$here/package.json" install_node
flock -u 9

export ROENTGEN_E2E_CACHE=$cache
exec "$cache/venv/bin/python" -B "$here/main.py" "$binary" "$@"
