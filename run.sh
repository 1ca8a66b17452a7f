#!/usr/bin/env bash
# Builds Basalt and starts it with the cold tier on.
#   ./run.sh [server arguments]     data in ./data, port 6379, maxmemory 1gb
#   ./run.sh tour                   what Basalt is for, in two minutes
#   ./run.sh bench [row ...]        measures it against redis-server
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. tests/support/packages.sh

server=build/engine/basalt-server

build() {
  ensure_packages "${build_packages[@]}" "$@"
  configure build -Dbuildtype=release -Db_lto=true
  step "building (release, link-time optimisation)"
  # Without the unit tests, which a server does not need.
  ninja -C build engine/basalt-server >&2
}

# argument_of NAME DEFAULT ARGUMENT...: the last value given as `--NAME VALUE`.
argument_of() {
  local name=$1 value=$2
  shift 2
  while [ $# -gt 0 ]; do
    if [ "$1" = "--$name" ] && [ $# -gt 1 ]; then value=$2; fi
    shift
  done
  printf '%s' "$value"
}

print_screen() {
  local port memory directory tier tier_directory address
  port=$(argument_of port 6379 "$@")
  memory=$(argument_of maxmemory 1gb "$@")
  directory=$(argument_of dir "$PWD/data" "$@")
  tier=$(argument_of tier yes "$@")
  tier_directory=$(argument_of tier-dir "$directory/tier-$port" "$@")
  address=$(argument_of bind "127.0.0.1, ::1" "$@")
  if [ "$tier" != yes ]; then tier_directory="off"; fi
  cat <<SCREEN

  Basalt $(sed -n "s/^ *version: '\(.*\)',$/\1/p" meson.build | head -n 1)

  Listens on     $address, port $port
  Memory limit   $memory
  Cold tier      $tier_directory
  Backups        $directory/dump.rdb (the cold tier is no backup: use BGSAVE)

  Connect        redis-cli -p $port
  Stop           Ctrl-C, or redis-cli -p $port SHUTDOWN

SCREEN
}

case "${1:-}" in
  tour)
    shift
    build redis-server redis-tools
    ninja -C build bench/basalt-load >&2
    exec python3 bench/tour.py "$@"
    ;;
  bench)
    shift
    build redis-server redis-tools fio
    ninja -C build bench/basalt-load >&2
    exec python3 bench/bench.py "$@"
    ;;
esac

build
# Only what the user does not say: a directory that is not used need not exist.
arguments=()
for default in "dir $PWD/data" "port 6379" "maxmemory 1gb" "tier yes"; do
  name=${default%% *}
  if [ -z "$(argument_of "$name" "" "$@")" ]; then arguments+=("--$name" "${default#* }"); fi
done
case "${1:-}" in
  "" | --*) if [ -f basalt.conf ]; then config=(basalt.conf); else config=(); fi ;;
  *)
    # A configuration file of the user's own says everything itself.
    exec "$server" "$@"
    ;;
esac
mkdir -p "$(argument_of dir data "$@")"
print_screen "$@"
exec "$server" "${config[@]}" "${arguments[@]}" "$@"
