#!/usr/bin/env bash
# Every check of the repository, in the order in which a fault shows soonest. Ends with "N passed, N failed".
#
#   ./scripts/test.sh            what each change must pass
#   ./scripts/test.sh --long     also the long tiers: more kills, more seeds, Valgrind and a bare machine where they can be had
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

long=no
profile=default
case "${1:-}" in
  "") ;;
  --long) long=yes; profile=long; export TOONDB_LONG=1 ;;
  *) echo "usage: $0 [--long]" >&2; exit 2 ;;
esac

cd "$ROOT"
export CARGO_TERM_COLOR=never
passed=0
failed=0
faults=()
log="$(mktemp)"
trap 'rm -f "$log"' EXIT

# One check that passes or fails as a whole.
check() {
  local name="$1"
  shift
  step "$name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    faults+=("$name")
  fi
}

skip() {
  step "$1"
  echo "skipped: $2"
}

# Adds up the numbers in front of the given words on the summary lines of cargo test, cargo nextest and pytest.
count() {
  grep -aE '^test result:|tests? run:|(passed|failed|errors?).* in [0-9.]+s' "$log" | grep -aoE "[0-9]+ ($1)" |
    awk '{ sum += $1 } END { print sum + 0 }'
}

# A test runner: each of its tests counts. One that ends badly without naming a failed test counts as one.
suite() {
  local name="$1" ok=yes good bad
  shift
  step "$name"
  "$@" 2>&1 | tee "$log" || ok=no
  good="$(count 'passed' || true)"
  bad="$(count 'failed|timed out|exec failed|errors?' || true)"
  if [ "$ok" = no ] && [ "$bad" -eq 0 ]; then
    bad=1
  fi
  if [ "$bad" -gt 0 ]; then
    faults+=("$name")
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

rust_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --profile "$profile" --release --locked "${TESTED[@]}" --no-fail-fast
  else
    cargo test --release --locked "${TESTED[@]}" --lib --bins --tests --no-fail-fast
  fi
}

rust_docs() {
  RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --workspace --no-deps
}

prepare_python() {
  make_venv 'maturin>=1.9,<2' 'pytest>=8' 'pytest-asyncio>=1.3,<2' 'mypy>=1.11' 'numpy>=1.22' 'pyarrow>=14' 'pandas>=2' && install_package
}

# Other people's work that ToonDB is compared with, and their suites for what is built on it. What cannot be had is skipped by its
# tests, which say so.
peers_of_tests() {
  local peer
  for peer in 'toon_format>=1.2' 'polars>=1.2' 'langchain-tests>=1.1.9,<2' 'langgraph-checkpoint-conformance>=0.0.2,<0.1' 'haystack-ai>=3.4.1,<4'; do
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "$peer" || echo "skipped: $peer"
  done
}

# The vectors of the index, which are read without a lock, under memcheck.
vector_arena_under_valgrind() {
  local binary
  binary="$(cargo test --release --locked "${TESTED[@]}" --lib --no-run --message-format json 2>/dev/null |
    "$VENV/bin/python" -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == "toondb_engine":
        print(message["executable"])
')"
  valgrind --quiet --error-exitcode=1 --fair-sched=yes "$binary" index::vector::tests::concurrent::stress
}

check_rust
check_python

if cargo fmt --version >/dev/null 2>&1; then
  check "Formatting" cargo fmt --all --check
else
  skip "Formatting" "rustup component add rustfmt"
fi
check "One build for the server and the Python package" "$ROOT/scripts/shared_build.sh"
check "The server, release build" build_server
if cargo clippy --version >/dev/null 2>&1; then
  check "Lints" cargo clippy --release --locked --workspace --all-targets -- -D warnings
else
  skip "Lints" "rustup component add clippy"
fi
check "Documentation of the crates" rust_docs
if cargo deny --version >/dev/null 2>&1; then
  check "Licences, advisories and sources of dependencies" cargo deny --locked check
else
  skip "Licences, advisories and sources of dependencies" "cargo install --locked cargo-deny"
fi
suite "Rust tests" rust_tests
suite "Rust examples in the documentation" cargo test --release --locked "${TESTED[@]}" --doc
check "The Python package, wheel" prepare_python
step "Other people's implementations"
peers_of_tests
suite "Python tests, types and stubs" "$VENV/bin/python" -m pytest -q "$ROOT/pybind/tests"
for example in "$ROOT"/examples/[0-9]*.py; do
  check "Example $(basename "$example")" "$VENV/bin/python" "$example"
done
check "Example node" "$ROOT/scripts/node_example.sh"
if [ "$long" = yes ]; then
  if command -v valgrind >/dev/null; then
    check "The vector arena under Valgrind" vector_arena_under_valgrind
  else
    skip "The vector arena under Valgrind" "apt install valgrind"
  fi
  check "Fuzzing" "$ROOT/scripts/fuzz.sh"
  check "Both commands on a bare Debian" "$ROOT/scripts/fresh_machine.sh"
fi

step "Result"
for fault in ${faults[@]+"${faults[@]}"}; do
  echo "failed: $fault"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
