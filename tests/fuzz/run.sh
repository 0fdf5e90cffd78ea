#!/usr/bin/env bash
# Fuzzes every target for a while, with address and undefined sanitizers, and
# prints a line of figures for each. What crashes is kept in --out.
#
#   tests/fuzz/run.sh SECONDS [NAME PART...]     60 inflate sigv4
#   KEEP=1 tests/fuzz/run.sh 3600                adds to the corpora what reaches
#                                                code that nothing there does
#
# Needs clang with libFuzzer. One target at a time runs on each of JOBS cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
readonly seconds=${1:?seconds per target}
shift
readonly jobs=${JOBS:-1}
readonly out=${OUT:-$(mktemp -d)}
readonly base="${XDG_CACHE_HOME:-$HOME/.cache}/roentgen-bazel-fuzz"

mapfile -t targets < <(
  bazel --output_base="$base" query --noshow_progress \
    'kind(cc_binary, //tests/fuzz/...)' 2>/dev/null | grep '_fuzzer$' |
    { if (($# > 0)); then grep -E "$(IFS='|'; echo "$*")"; else cat; fi; })
bazel --output_base="$base" build --symlink_prefix=/ --config=fuzz \
  "${targets[@]}"
bin=$(bazel --output_base="$base" info --config=fuzz bazel-bin 2>/dev/null)

run_one() {
  local label=$1 path name corpus work code=0
  path=${label#//}
  path=${path/://}
  name=$(basename "$path")
  name=${name%_fuzzer}
  corpus=$(dirname "$path")/${name}_corpus
  work=$out/$name
  mkdir -p "$work/found" "$work/crashes"
  "$bin/$path" -max_total_time="$seconds" -max_len=65536 -timeout=20 \
    -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix="$work/crashes/" "$work/found" "$corpus" \
    >"$work/log" 2>&1 || code=$?
  local runs edges
  runs=$(awk '/stat::number_of_executed_units/ {print $2}' "$work/log")
  edges=$(grep -o 'cov: [0-9]*' "$work/log" | tail -1 | cut -d' ' -f2)
  printf '%-28s %12s runs %8s edges %6s found  %s\n' "$name" "${runs:-?}" \
    "${edges:-?}" "$(find "$work/found" -type f | wc -l)" \
    "$([[ $code -eq 0 ]] && echo ok || echo "FAILED, see $work")"
  if [[ -n ${KEEP:-} ]]; then
    "$bin/$path" -merge=1 -max_len=4096 "$corpus" "$work/found" \
      >"$work/merge.log" 2>&1
  fi
  return "$code"
}
export -f run_one
export seconds out bin
printf '%s\n' "${targets[@]}" |
  xargs -P "$jobs" -I{} bash -c 'run_one "$1"' _ {}
