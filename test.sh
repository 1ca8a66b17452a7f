#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test on free ports in temporary directories.
#   ./test.sh                   tests of the released server (wire, start, simulation,
#                               install, tidy), then what --asan runs
#   ./test.sh --asan            unit, fuzz-corpus and wire tests under ASan and UBSan
#   ./test.sh --tsan            unit and wire tests under ThreadSanitizer
#   ./test.sh --proof           the promises on real processes: the moment of a snapshot, kill -9,
#                               hostile clients, the memory limit; minutes each
#   ./test.sh --tcl [unit ...]  Redis's own suite against redis-server and Basalt
# The last line is "N passed, N failed, N skipped"; the exit code is 0 when nothing failed and
# something ran. With CI=true a skip for want of io_uring, O_DIRECT or redis-server is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. tests/support/packages.sh

case "${1:-}" in
  "" | --asan | --tsan | --proof | --tcl) ;;
  *)
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

trap 'echo "0 passed, 1 failed, 0 skipped"' EXIT
packages=("${build_packages[@]}" "${test_packages[@]}")
if [ "${1:-}" = --tcl ]; then packages+=("${tcl_packages[@]}"); fi
ensure_packages "${packages[@]}"
trap - EXIT
exec python3 tests/suite.py "$@"
