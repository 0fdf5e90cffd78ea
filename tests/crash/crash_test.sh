#!/usr/bin/env bash
# The crash test with its defaults; ROENTGEN_TEST_SEED repeats a run.
set -eu
folder=$(mktemp -d "${TEST_TMPDIR:-/tmp}/crash.XXXXXX")
trap 'rm -rf "$folder"' EXIT
tests/crash/crash_test_driver --server="$PWD/server/app/roentgen" \
  --folder="$folder" --kills="${ROENTGEN_TEST_KILLS:-50}" \
  ${ROENTGEN_TEST_SEED:+--seed="$ROENTGEN_TEST_SEED"}
