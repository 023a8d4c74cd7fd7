#!/usr/bin/env bash
# Stops served processes and stores at every step, each row of the crash table: dev/crash-table.sh ROUNDS
# It ends with the first round that has a row that is not green. 0 rounds do nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds="${1:?how many rounds}"
[ "$rounds" -gt 0 ] || exit 0
swift build --build-tests
for round in $(seq 1 "$rounds"); do
    echo "== crash table, round $round of $rounds"
    # One at a time: the time that each row takes to heal is printed.
    swift test --skip-build --no-parallel --filter '^CrashTableTests\.'
done
