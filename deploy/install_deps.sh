#!/bin/bash
# Installs the Debian packages Roentgen needs: install_deps.sh [build|test]
#
# "build" (the default) is what compiling the server takes; "test" adds what
# its tests take. Does nothing when all are there. Debian 12, as root or with
# sudo.
set -euo pipefail

readonly BUILD_PACKAGES=(
  bazel-bootstrap g++ python3
  librocksdb-dev libgrpc++-dev libprotobuf-dev
  protobuf-compiler protobuf-compiler-grpc
  libabsl-dev libgtest-dev libgmock-dev libbenchmark-dev
  libsimdjson-dev libssl-dev libzstd-dev liblz4-dev zlib1g-dev libre2-dev
  libboost1.81-dev libspdlog-dev libfmt-dev libyaml-cpp-dev
  prometheus-cpp-dev libxxhash-dev libjemalloc-dev libcli11-dev
)
readonly TEST_PACKAGES=(
  clang clang-format clang-tidy lld libclang-rt-14-dev
  curl python3-venv python3-pip
)

installed() {
  local status
  status=$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) || return 1
  [[ $status == installed ]]
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

main() {
  local wanted=("${BUILD_PACKAGES[@]}")
  case ${1:-build} in
    build) ;;
    test)
      wanted+=("${TEST_PACKAGES[@]}")
      # Any Node will do, also one that did not come as a package.
      command -v node >/dev/null || wanted+=(nodejs)
      command -v npm >/dev/null || wanted+=(npm)
      ;;
    *)
      echo "usage: install_deps.sh [build|test]" >&2
      exit 2
      ;;
  esac

  local missing=()
  local package
  for package in "${wanted[@]}"; do
    installed "$package" || missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return 0

  # The two cannot be installed side by side; the plain name is the old one.
  if installed libboost1.74-dev; then
    echo "install_deps.sh: libboost1.74-dev is installed and conflicts with" \
      "libboost1.81-dev; remove it first" >&2
    exit 1
  fi
  echo "installing: ${missing[*]}" >&2
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}"
}

main "$@"
