#!/usr/bin/env bash
# Builds the example service, a package of its own that uses the product HoldfastClient, and runs its tour and its tests
# against a served stack.
#
#   dev/outside.sh PROGRAM SCRATCH    PROGRAM is a built holdfast, SCRATCH a folder for what is built
#
# With this package's own build folder as SCRATCH nothing but the example is compiled: both need the same modules.
set -euo pipefail
program="$(readlink -f "$1")"
scratch="$2"
cd "$(dirname "$0")/.."
package=examples/swift

swift build --build-tests --package-path "$package" --scratch-path "$scratch"

log="$(mktemp)"
"$program" dev --ephemeral --empty --tcp-port 0 --grpc-port 0 --admin-port off >"$log" 2>&1 &
server=$!
stop() {
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    rm -f "$log"
}
trap stop EXIT
for _ in $(seq 600); do
    grep -q '^ready tcp=' "$log" && break
    kill -0 "$server" || break
    sleep 0.1
done
HOLDFAST_SERVER="$(sed -n 's/^ready tcp=\([^ ]*\).*/\1/p' "$log")"
export HOLDFAST_SERVER
[ -n "$HOLDFAST_SERVER" ] || {
    cat "$log" >&2
    exit 1
}
"$scratch/debug/tour"
swift test --skip-build --package-path "$package" --scratch-path "$scratch"
