#!/bin/bash
# Builds the optimised server and starts it on the embedded store:
#
#   deploy/run.sh [--SETTING=VALUE ...]
#
# What follows is passed to "roentgen serve"; serve --help lists the settings.
# Installs what the build needs first. Stop it with Ctrl-C.
set -euo pipefail

main() {
  local root
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  "$root/deploy/install_deps.sh" build
  # The first build takes minutes: show that it goes on.
  local progress=(--show_progress)
  if [[ -t 2 ]]; then
    progress+=(--curses=yes --color=yes)
  else
    progress+=(--show_progress_rate_limit=15)
  fi
  (cd "$root" && bazel build --config=opt "${progress[@]}" \
    //server/app:roentgen)

  local binary
  binary=$(cd "$root" && bazel info --config=opt bazel-bin)/server/app/roentgen
  # A later build must not replace the running file.
  local run_dir=$root/.run
  mkdir -p "$run_dir"
  install -m 755 "$binary" "$run_dir/roentgen"

  cat >&2 <<TEXT

Roentgen starts with these defaults (settings may move them):
  send   X-Ray SDKs       AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000
         X-Ray HTTP API   --endpoint-url http://127.0.0.1:2000
         gRPC             127.0.0.1:4317
  look   roentgen search  $run_dir/roentgen search
         one trace        $run_dir/roentgen trace ID
         health, metrics  http://127.0.0.1:16686/readyz  .../metrics

TEXT
  exec "$run_dir/roentgen" serve "$@"
}

main "$@"
