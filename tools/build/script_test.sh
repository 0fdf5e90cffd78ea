#!/usr/bin/env bash
# Runs a test script with the interpreter its suffix names.
set -eu
case "$1" in
  *.py) exec python3 "$@" ;;
  *.mjs | *.js) exec node "$@" ;;
  *) exec bash "$@" ;;
esac
