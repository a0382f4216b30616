#!/usr/bin/env bash
# Both commands of README.md on a machine that has nothing but what README.md asks for: a Debian 12 made by debootstrap, with
# build-essential, python3, python3-venv and git, and a user who is not root. What is committed is built there, from nothing.
# Skipped, with a word, where such a machine cannot be made.
#
#   ./scripts/fresh_machine.sh           about 45 minutes on 2 processors, and 10 GB below $TMPDIR while it runs
#
# The Rust toolchain is this machine's own, lent read-only: rustup would fetch the same. So are the certificates that this machine
# trusts and the names it resolves, without which a registry behind a proxy could not be reached.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PACKAGES=build-essential,python3,python3-venv,git,ca-certificates
SUITE=bookworm
MIRROR="${DEBIAN_MIRROR:-http://deb.debian.org/debian}"

skip() {
  echo "skipped: $1"
  exit 0
}

check_rust
[ "$(id -u)" -eq 0 ] || skip "a root directory can only be made by root"
command -v debootstrap >/dev/null || skip "apt install debootstrap"
unshare --mount true 2>/dev/null || skip "this machine does not allow mounts"
[ -z "$(git -C "$ROOT" status --porcelain --untracked-files=no)" ] || echo "note: what is not committed is not tried"

# The whole of it runs with mounts of its own, which vanish with it.
if [ "${TOONDB_OWN_MOUNTS:-no}" = no ]; then
  TOONDB_OWN_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@"
fi

root="$(mktemp -d)"
end() {
  # Nothing lent may be reached when the directory goes.
  for mount in opt/rust proc dev; do
    umount --lazy "$root/$mount" 2>/dev/null || true
  done
  rm -rf --one-file-system "$root"
}
trap end EXIT
# A signal ends it by that way too: bash runs no EXIT trap for one that it does not catch.
trap 'exit 143' TERM INT HUP

step "1 of 3: Debian $SUITE with $PACKAGES"
if ! debootstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$root" "$MIRROR" >"$root.log" 2>&1; then
  tail -n 3 "$root.log"
  skip "debootstrap cannot fetch $SUITE from $MIRROR"
fi
rm -f "$root.log"
# It is the user's root directory, and mktemp keeps others out.
chmod 755 "$root"
mkdir -p "$root/opt/rust"
mount --bind -o ro "$(rustc --print sysroot)" "$root/opt/rust"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
# The installer of Debian writes this one; debootstrap does not.
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
fi
chroot "$root" useradd --create-home user
git clone --quiet --no-hardlinks "$ROOT" "$root/home/user/toondb"
chroot "$root" chown -R user: /home/user/toondb

# As the user, with an environment that tells nothing of this machine but how to reach registries.
as_user() {
  local lent=() name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL CARGO_HTTP_PROXY; do
    [ -z "${!name:-}" ] || lent+=("$name=${!name}")
  done
  chroot "$root" su user --command "cd ~/toondb && env -i HOME=/home/user USER=user LANG=C.UTF-8 \
    PATH=/opt/rust/bin:/usr/local/bin:/usr/bin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt ${lent[*]:-} $1"
}

step "2 of 3: ./scripts/quickstart.sh"
as_user ./scripts/quickstart.sh
step "3 of 3: ./scripts/test.sh"
as_user ./scripts/test.sh
