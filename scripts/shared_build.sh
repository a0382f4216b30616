#!/usr/bin/env bash
# The command and the Python package share one build of what both are made of. Cargo compiles a crate again, and everything above
# it, as soon as one of the two turns on a feature that the other does not: this names such crates, and fails if there are any.
#
#   ./scripts/shared_build.sh
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Every crate that is built for the given selection, and the features it is built with.
features() {
  (cd "$ROOT" && cargo tree --locked --edges normal,build --prefix none --format '{p}|{f}' "$@") |
    sed -e 's/ (\*)$//' -e 's/ (proc-macro)//' | grep '|' | sort -u
}

server="$(features)"
package="$(features --package toondb-python)"
different="$(comm -3 <(printf '%s\n' "$server") <(printf '%s\n' "$package") | sed 's/^\t//' | cut -d '|' -f 1 | sort -u)"
common="$(comm -12 <(printf '%s\n' "$server" | cut -d '|' -f 1 | sort -u) <(printf '%s\n' "$package" | cut -d '|' -f 1 | sort -u))"
twice="$(comm -12 <(printf '%s\n' "$different") <(printf '%s\n' "$common"))"
if [ -n "$twice" ]; then
  printf 'compiled twice, because the server and the Python package turn on different features:\n%s\n' "$twice" >&2
  printf 'see the comment in grpc/Cargo.toml\n' >&2
  exit 1
fi
printf 'the server and the Python package share %s crates\n' "$(printf '%s\n' "$common" | wc -l)"
