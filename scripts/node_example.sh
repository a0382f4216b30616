#!/usr/bin/env bash
# Runs examples/node against a real server on a free port. Skipped, with a word, where Node.js or its packages are missing.
#
#   ./scripts/node_example.sh [path/to/toondb]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

example="$ROOT/examples/node"
binary="${1:-${TOONDB_BIN:-$CARGO_TARGET_DIR/release/toondb}}"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "skipped: node and npm are missing. On Debian: sudo apt install nodejs npm"
  exit 0
fi
[ -x "$binary" ] || give_up "$binary is missing; build it first (cargo build --release -p toondb)"
if ! (cd "$example" && timeout 300 npm ci --silent --no-fund --no-audit); then
  # What is wrong with the lock file is a failure; that the registry cannot be reached is not.
  if (cd "$example" && timeout 60 npm ping --silent >/dev/null 2>&1); then
    give_up "npm ci failed in examples/node"
  fi
  echo "skipped: the npm registry cannot be reached"
  exit 0
fi

work="$(mktemp -d)"
server=""
end() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap end EXIT

"$binary" serve --grpc 127.0.0.1:0 --data "$work/data" --log info 2>"$work/log" &
server=$!
address=""
for _ in $(seq 200); do
  address="$(sed -n 's/.*ToonDB is ready.* grpc=\([0-9.:]*\).*/\1/p' "$work/log")"
  [ -z "$address" ] || break
  kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; give_up "the server ended"; }
  sleep 0.1
done
[ -n "$address" ] || { cat "$work/log" >&2; give_up "the server did not become ready"; }

timeout 120 node "$example/quickstart.mjs" "$address"
