#!/usr/bin/env bash
# Runs each fuzz target of fuzz/ for a while. Skipped, with a word, where libFuzzer cannot be fetched or built.
#
#   ./scripts/fuzz.sh [seconds]          60 for each target unless told otherwise
#
# libFuzzer is built from the crate libfuzzer-sys, and its coverage counters are flags that a stable compiler knows: neither
# cargo-fuzz nor a nightly toolchain is needed. New inputs go into target/fuzz/, and fuzz/corpus stays small.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds="${1:-60}"
host="$(rustc -vV | sed -n 's/^host: //p')"
work="$CARGO_TARGET_DIR/fuzz"
mkdir -p "$work"
cd "$ROOT/fuzz"
# With --target the flags are for what is fuzzed alone, and not for build scripts and macros.
export CARGO_TARGET_DIR="$work/build"
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1"
if ! command -v c++ >/dev/null; then
  echo "skipped: libFuzzer needs a C++ compiler"
  exit 0
fi
if ! cargo fetch --quiet --locked 2>"$work/fetch.log"; then
  tail -n 2 "$work/fetch.log"
  echo "skipped: libfuzzer-sys cannot be fetched"
  exit 0
fi
cargo build --release --locked --target "$host" --bins
for corpus in corpus/*/; do
  target="$(basename "$corpus")"
  step "fuzzing $target for $seconds s"
  mkdir -p "$work/found/$target"
  "$CARGO_TARGET_DIR/$host/release/$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="$work/found/" "$work/found/$target" "$corpus" 2>"$work/$target.log" ||
    { tail -n 40 "$work/$target.log"; give_up "$target failed; its input is in $work/found, and the test tests/fuzz.rs runs it"; }
  grep -a 'stat::number_of_executed_units' "$work/$target.log" || give_up "$target ended without having tried anything"
done
