# shellcheck shell=bash
# What quickstart.sh and test.sh share: tool checks, the release build, the virtual environment. Sourced, not run.
#
# Everything is built with the release profile into one target folder, so that dependencies are compiled once.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"
# The whole repository uses the target folder inside it, whatever the caller's environment says.
export CARGO_TARGET_DIR="$ROOT/target"
PYTHON="${PYTHON:-python3}"
# What has Rust tests: all but the Python package, whose native half is tested from Python. A test binary of it would have to link
# libpython, which the machine need not have.
TESTED=(--workspace --exclude toondb-python)

step() {
  printf '\n==> %s\n' "$*"
}

give_up() {
  printf '\n%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 1
}

# True if version $1 is at least version $2.
is_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

check_rust() {
  local found wanted
  wanted="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")"
  if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
    give_up "Rust is missing. Install Rust $wanted or newer with rustup: https://rustup.rs"
  fi
  found="$(rustc --version | cut -d ' ' -f 2)"
  is_at_least "$found" "$wanted" || give_up "Rust $found is too old: $wanted or newer is needed. Try: rustup update stable"
  if ! command -v cc >/dev/null || ! command -v make >/dev/null; then
    give_up "A C compiler or make is missing. On Debian: sudo apt install build-essential"
  fi
}

check_python() {
  command -v "$PYTHON" >/dev/null || give_up "$PYTHON is missing. On Debian: sudo apt install python3 python3-venv"
  if ! "$PYTHON" -c 'import sys; sys.exit(sys.implementation.name != "cpython" or sys.version_info < (3, 10))'; then
    give_up "$PYTHON is not CPython 3.10 or newer. Name another one: PYTHON=/usr/bin/python3.11 $0"
  fi
  if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    give_up "$PYTHON cannot make virtual environments. On Debian: sudo apt install python3-venv"
  fi
}

build_server() {
  (cd "$ROOT" && cargo build --release --locked)
}

# Makes .venv unless it is there and works, and installs the packages named in it.
make_venv() {
  if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    "$PYTHON" -m venv --clear "$VENV"
  fi
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

# Builds the Python package as a wheel, as it would be published, and installs it into .venv.
install_package() {
  local wheels="$CARGO_TARGET_DIR/wheels"
  rm -rf "$wheels"
  (cd "$ROOT/pybind" && "$VENV/bin/maturin" build --release --locked --interpreter "$VENV/bin/python" --out "$wheels") &&
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheels"/*.whl
}
