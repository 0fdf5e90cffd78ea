#!/usr/bin/env bash
# Installs what the tests need and runs them all.
#
#   deploy/test.sh          everything (CI runs this)
#   deploy/test.sh gcc      C++ tests, GCC build
#   deploy/test.sh clang    C++ tests again: Clang, address and undefined
#                           sanitizers, layering check, corpus replay
#   deploy/test.sh tsan     tests that start threads (tag "threads") again: GCC,
#                           thread sanitizer
#   deploy/test.sh lint     clang-tidy on the C++ files that changed since main;
#                           for who changes them, not part of everything
#   deploy/test.sh e2e      real SDKs and clients against the real server
#   deploy/test.sh readers  the real Jaeger, as reader and as collector, and
#                           its own tests of storages; the real Zipkin;
#                           OpenTelemetry's SDKs for Go and Java, and
#                           both samplers for Java, X-Ray's and OpenTelemetry's
#
# "readers" is not part of everything: Jaeger is built from source, which takes
# Go 1.25 and, the first time, some seven minutes; the others take Go, Java 17 and
# Maven. Once they are built (below ~/.cache), "e2e" runs these tests, too;
# else it says that it skips them.
#
# Debian 12, as root or with sudo. Exits non-zero when anything failed.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly CLANG_BASE="${XDG_CACHE_HOME:-$HOME/.cache}/roentgen-bazel-clang"
readonly TSAN_BASE="${XDG_CACHE_HOME:-$HOME/.cache}/roentgen-bazel-tsan"
# Not "//...": that would follow the first output base's bazel-* links.
readonly PACKAGES=(
  //base //bench //proto //query //server //storage //tests //tools //trace
)
passed=0
failed=0

stage() {
  local name=$1
  shift
  echo "==> ${name}"
  local begin=$SECONDS
  if "$@"; then
    passed=$((passed + 1))
    echo "<== ${name}: ok, $((SECONDS - begin)) s"
  else
    failed=$((failed + 1))
    echo "<== ${name}: FAILED, $((SECONDS - begin)) s"
  fi
}

gcc_tests() {
  bazel test //... && bazel build //server/app:roentgen
}

# test_in OUTPUT_BASE FLAG...: an output base of its own keeps each build warm.
test_in() {
  local base=$1
  shift
  local status=0
  bazel --output_base="$base" test --symlink_prefix=/ "$@" \
    "${PACKAGES[@]/%//...}" || status=$?
  bazel --output_base="$base" shutdown
  return "$status"
}

clang_tests() {
  test_in "$CLANG_BASE" --config=clang-asan --test_tag_filters=-gcc_only
}

tsan_tests() {
  test_in "$TSAN_BASE" --config=tsan
}

lint() {
  bazel build //proto/... && python3 tools/tidy/clang_tidy.py
}

e2e_tests() {
  bazel build //server/app:roentgen &&
    tests/e2e/run.sh "$(readlink -f bazel-bin)/server/app/roentgen"
}

readers_tests() {
  python3 tests/e2e/built_tools.py &&
    bazel build //server/app:roentgen &&
    tests/e2e/run.sh "$(readlink -f bazel-bin)/server/app/roentgen" real_ from_go from_java
}

bash deploy/install_deps.sh test
what=${1:-all}
if [[ $what == all || $what == gcc ]]; then stage "GCC tests" gcc_tests; fi
if [[ $what == all || $what == clang ]]; then
  stage "Clang, sanitizers, layering" clang_tests
fi
if [[ $what == all || $what == tsan ]]; then
  stage "Thread sanitizer" tsan_tests
fi
if [[ $what == lint ]]; then stage "clang-tidy on what changed" lint; fi
if [[ $what == all || $what == e2e ]]; then stage "end to end" e2e_tests; fi
if [[ $what == readers ]]; then stage "real readers" readers_tests; fi
echo "${passed} passed, ${failed} failed"
[[ $failed -eq 0 ]]
