# What Basalt needs from the system: the one list behind run.sh, test.sh and CONTRIBUTING.md.
# Sourced by both scripts; needs bash.

build_packages=(
  g++ meson ninja-build pkg-config python3
  libfmt-dev libxxhash-dev liburing-dev librocksdb-dev libisal-dev liblzf-dev libmimalloc-dev
)
# The other programs and libraries that the tests and the measurements use.
test_packages=(
  libboost-test-dev redis-server redis-tools
)
# What Redis's own suite runs on, and what unpacks its source package.
tcl_packages=(tcl dpkg-dev)

# The same for other distributions: "pkg-config module, least version".
build_modules=(
  "fmt 9.0" "libxxhash 0.8.0" "liburing 2.3" "rocksdb 7.8" "libisal 2.30" "liblzf 3.6"
)

step() { printf '\n== %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Prints those of "$@" that dpkg does not have installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
      printf '%s\n' "$package"
  done
}

# Prints those of build_modules that pkg-config cannot satisfy, and the missing tools.
missing_modules() {
  local module tool
  for tool in c++ meson ninja pkg-config python3; do
    command -v "$tool" >/dev/null || printf '%s\n' "$tool"
  done
  for module in "${build_modules[@]}"; do
    pkg-config --atleast-version="${module#* }" "${module% *}" 2>/dev/null ||
      printf '%s >= %s\n' "${module% *}" "${module#* }"
  done
}

is_debian_like() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# Runs apt-get without letting a package start its service: policy-rc.d is the switch that Debian's
# maintainer scripts ask. One that was there before is left alone.
apt_install() {
  local sudo=() policy=/usr/sbin/policy-rc.d status=0
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      sudo=(sudo)
    else
      fail "these packages are missing and need root; run:
  apt-get update && apt-get install -y --no-install-recommends $*"
    fi
  fi
  step "installing $*"
  local own_policy=no
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
    "${sudo[@]}" chmod 755 "$policy"
    own_policy=yes
  fi
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get update && apt-get install -y --no-install-recommends "$@"' sh "$@" >&2 || status=$?
  if [ "$own_policy" = yes ]; then "${sudo[@]}" rm -f "$policy"; fi
  [ "$status" = 0 ] || fail "apt-get could not install: $*"
}

# ensure_packages PACKAGE...: installs what is missing on Debian and its relatives. Elsewhere it
# names the libraries with their versions, and goes on when they are there.
ensure_packages() {
  local missing
  if is_debian_like; then
    mapfile -t missing < <(missing_packages "$@")
    if [ "${#missing[@]}" -gt 0 ]; then apt_install "${missing[@]}"; fi
    return
  fi
  mapfile -t missing < <(missing_modules)
  if [ "${#missing[@]}" -gt 0 ]; then
    fail "this system is not Debian, so nothing was installed. Missing (pkg-config modules, tools):
$(printf '  %s\n' "${missing[@]}")
Also used: g++ >= 12 or clang >= 14, mimalloc >= 2.0 (optional), Boost.Test and redis-server 7.0
(tests). With them, this works: meson setup build -Dtests=disabled && ninja -C build"
  fi
}

# configure DIRECTORY MESON_OPTION...: sets a build up once and keeps it up to date.
configure() {
  local directory=$1
  shift
  if [ -f "$directory/build.ninja" ]; then return; fi
  step "configuring $directory"
  meson setup "$directory" "$@" >&2
}
