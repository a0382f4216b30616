#!/usr/bin/env bash
# From a bare clone to a running ToonDB: builds the server and the Python package, then runs the quickstart example,
# embedded and through a socket. Needs cargo, a C compiler and python3 with venv; no root. Safe to run again.
#
#   ./scripts/quickstart.sh              PYTHON=/usr/bin/python3.12 ./scripts/quickstart.sh
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

step "1 of 4: checking the tools"
check_rust
check_python
echo "$(rustc --version), $("$PYTHON" --version), $(cc --version | head -n 1)"

step "2 of 4: building the server (several minutes the first time)"
build_server

step "3 of 4: building the Python package and installing it into .venv"
make_venv 'maturin>=1.9,<2'
install_package

step "4 of 4: running examples/20_quickstart.py"
"$VENV/bin/python" "$ROOT/examples/20_quickstart.py" --server "$CARGO_TARGET_DIR/release/toondb"

cat <<END

Done. Next:
  source $VENV/bin/activate && python               the package toondb is installed there
  $CARGO_TARGET_DIR/release/toondb serve --help     one memory for many processes
  ls $ROOT/examples                                 more examples
END
