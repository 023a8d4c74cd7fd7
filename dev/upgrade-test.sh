#!/usr/bin/env bash
# Runs an older program beside this one on the same stores, through a schema step, a change of the functions in Redis and a
# lost Redis (Tests/holdfastTests/EndToEnd/UpgradeTests.swift).
#
#   dev/upgrade-test.sh COMMIT             builds the program of COMMIT in a scratch clone
#   FORMER=PROGRAM dev/upgrade-test.sh     takes a program that was built before
set -euo pipefail
cd "$(dirname "$0")/.."
former="${FORMER:-}"
if [ -z "$former" ]; then
    commit="${1:?which commit is the older program of?}"
    scratch="$(mktemp -d)"
    trap 'rm -rf "$scratch"' EXIT
    git clone --quiet --shared . "$scratch/source"
    git -C "$scratch/source" checkout --quiet "$commit"
    nice -n 10 swift build --package-path "$scratch/source" --product holdfast
    former="$(swift build --package-path "$scratch/source" --show-bin-path)/holdfast"
fi
HOLDFAST_FORMER_PROGRAM="$(readlink -f "$former")" swift test --filter '^holdfastTests\.UpgradeTests'
