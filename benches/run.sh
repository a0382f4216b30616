#!/bin/sh
# Measures every figure of benches/README.md, one after the other, on an otherwise idle machine. Rows of the results table go to
# standard output, everything else to standard error. Arguments go to every benchmark: `--quick` shows within two minutes that
# everything runs.
#
# TOONDB_BENCH_WORDNET names the folder of the search data set; without it the figures of searches and
# of writing formats are left out.
set -eu
cd "$(dirname "$0")/.."

if ! command -v redis-server >/dev/null || ! command -v redis-benchmark >/dev/null; then
    apt-get update -qq >&2
    apt-get install -y -qq redis-server redis-tools >&2
fi

cargo build --release -p toondb -p toondb-bench >&2
python=target/bench-venv/bin/python
[ -x "$python" ] || python3 -m venv target/bench-venv
"$python" -m pip install --quiet lmdb numpy grpcio grpcio-tools "maturin>=1.9,<2" >&2
rm -rf target/bench-wheel
"$python" -m maturin build --release --interpreter "$python" --manifest-path pybind/Cargo.toml --out target/bench-wheel >&2
"$python" -m pip install --quiet --force-reinstall --no-deps target/bench-wheel/toondb_client-*.whl >&2

# A benchmark ends by itself; the limit is for a server that hangs. The signal goes to the servers, too.
measure() {
    echo "$*" >&2
    timeout --kill-after=10 900 "$@"
}

for figure in get put once load pipeline stall temporal insert grpc-get grpc-load grpc-insert memory open unread neighbour; do
    measure target/release/toondb-bench "$figure" "$@"
done
if [ -n "${TOONDB_BENCH_WORDNET:-}" ]; then
    measure target/release/toondb-bench search "$@"
    measure target/release/toondb-bench encode "$@"
fi
measure "$python" benches/python/get_lmdb.py "$@"
measure "$python" benches/python/insert_numpy.py "$@"
measure "$python" benches/python/get_grpc.py "$@"
measure "$python" benches/python/documents.py "$@"
measure "$python" benches/python/append_sqlite.py "$@"
measure taskset -c 0 "$python" benches/python/get_async.py
