# shellcheck shell=bash
# What the scripts in this folder share. Sourced, never run; leaves the caller in the project's root.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# Libraries and receivers that could not be installed without removing something are unpacked here
# by scripts/setup; it is the only place where they are looked for.
DEPS=$ROOT/build/deps
export DEPS

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
  BOLD='' DIM='' RED='' GREEN='' PLAIN=''
fi
export BOLD DIM RED GREEN PLAIN

note() { printf '%s\n' "$*" >&2; }
heading() { printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN" >&2; }
# die PROBLEM [HINT]: both are sentences a person can act on.
die() {
  printf '%s%s: %s%s\n' "$RED" "$(basename "$0")" "$1" "$PLAIN" >&2
  [ -z "${2:-}" ] || printf '  what to do: %s\n' "$2" >&2
  exit 1
}

# As many compiler jobs as there are cores, but not more than memory allows: a file that includes
# Asio takes up to 1.5 GiB under the sanitizers.
jobs() {
  local cores memory_gib
  cores=$(nproc)
  memory_gib=$(awk '/^MemAvailable/ { print int($2 / 1572864) }' /proc/meminfo 2>/dev/null || echo "$cores")
  [ "$memory_gib" -ge 1 ] || memory_gib=1
  [ "$memory_gib" -lt "$cores" ] && echo "$memory_gib" || echo "$cores"
}

# configure PRESET [cmake options …], quiet unless it fails.
configure() {
  local preset=$1 log=$ROOT/build/$1-configure.log launcher=()
  shift
  mkdir -p "$ROOT/build"
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  if ! cmake --preset "$preset" "${launcher[@]}" "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "CMake could not configure the preset '$preset'" "read ${log#"$ROOT"/}; 'scripts/setup all' installs what the build needs"
  fi
}

# What takes long shows that it lives: one changing line on a terminal, elsewhere a line every half
# minute. Descriptor 9 is that terminal, also for a step whose words go through a pipe.
LIVE=false
if [ -t 2 ]; then
  LIVE=true
  exec 9>&2
fi
# live LINE: the changing line. It is empty when nothing is to be shown any more.
live() {
  if $LIVE; then printf '\r\033[K%s' "${1:0:78}" >&9; fi
}
# follow LOG COMMAND…: adds all its words to LOG and shows where it is; fails as the command does.
follow() {
  local log=$1 status=0
  shift
  "$@" 2>&1 | follow_lines 8>>"$log" || status=$?
  live ''
  return "$status"
}
follow_lines() {
  local line piece began=$SECONDS shown=$SECONDS where='' rest='' more=true
  while $more; do
    # A silence of half a minute ends the reading, perhaps within a line.
    if IFS= read -r -t 30 piece; then
      line=$rest$piece rest=''
      printf '%s\n' "$line" >&8
      # As ninja, ctest and apt tell.
      if [[ $line =~ ^(\[[0-9]+/[0-9]+\]|\ *[0-9]+/[0-9]+\ Test|Get:|Unpacking\ |Setting\ up\ ) ]]; then where=$line; fi
    else
      [ $? -gt 128 ] || more=false
      rest+=$piece
    fi
    [ -n "$where" ] || continue
    live "    $((SECONDS - began)) s: $where"
    if ! $LIVE && ((SECONDS - shown >= 30)); then
      shown=$SECONDS
      printf '… %d s: %s\n' "$((SECONDS - began))" "${where:0:90}"
    fi
  done
  if [ -n "$rest" ]; then printf '%s\n' "$rest" >&8; fi
}

# build PRESET [targets …]: the compiler's words only when it fails.
build() {
  local preset=$1 log=$ROOT/build/$1-build.log targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  : >"$log"
  follow "$log" cmake --build --preset "$preset" -j"$(jobs)" "${targets[@]}" && return
  grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking)' "$log" | tail -n 60 >&2
  die "the build of the preset '$preset' failed" "the whole log is in ${log#"$ROOT"/}"
}

# A Python that has pytest: distributions put it beside their own Python, which need not be the
# first on the PATH.
python_with_pytest() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import pytest' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# wait_for_file FILE SECONDS PID: until FILE exists and is not empty; fails when PID ends first.
wait_for_file() {
  local file=$1 deadline=$((SECONDS + $2)) pid=$3
  until [ -s "$file" ]; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}
