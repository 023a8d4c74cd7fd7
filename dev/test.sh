#!/usr/bin/env bash
# Runs the tests and checks of the repository, all of them even where one fails. The last lines name what failed and say
# how many tests passed, failed and were skipped; checks that are no tests (format, generated code, building) count as
# one each.
# What takes longer is elsewhere: `make torture`, `make sabotages`, and dev/upgrade-test.sh, which needs a former program
# (its test is skipped here).
set -uo pipefail
cd "$(dirname "$0")/.."

results="$(mktemp -d)"
chmod 755 "$results"  # The stores' account passes through.
trap 'rm -rf "$results"' EXIT
passed=0
failed=0
skips=0
summary=()
failures=()
started=$SECONDS

note() { # note NAME PASSED FAILED SKIPPED: a line of the summary, with the seconds since the line before
    passed=$((passed + $2))
    failed=$((failed + $3))
    skips=$((skips + $4))
    summary+=("$(printf '%-28s %5d passed, %d failed, %d skipped %5d s' "$1" "$2" "$3" "$4" $((SECONDS - started)))")
    started=$SECONDS
    [ "$3" -eq 0 ] || failures+=("failed in: $1")
}

failing() { # failing REPORT: the names of the tests in it that failed
    awk '/<testcase / { name = $0; open = ($0 !~ /\/>$/); next }
         open && /<failure/ { print name; open = 0 }' "$1" |
        sed -E 's/.*classname="([^"]*)".*/\1 &/; s/^([^ ]*) .*[^a-z]name="([^"]*)".*/failed: \1 \2/'
}

check() { # check NAME COMMAND...
    local name="$1"
    shift
    echo "== $name"
    if "$@"; then note "$name" 1 0 0; else note "$name" 0 1 0; fi
}

tests() { # tests NAME ARGUMENTS...: a test run of the package manager, counted from its report
    local name="$1" status report temporary total bad skipped file allskipped=0
    shift
    echo "== $name"
    report="$results/${name// /-}.xml"
    # The stores' folders of one target go before the next one starts: the disk holds one target's at a time.
    temporary="$results/tmp"
    mkdir -p "$temporary"
    TMPDIR="$temporary" swift test "$@" --xunit-output "$report"
    status=$?
    echo "$name left $(du -sm "$temporary" | cut -f1) MB of temporary files"
    rm -rf "$temporary"
    total=0
    bad=0
    for file in "$report" "${report%.xml}-swift-testing.xml"; do
        [ -s "$file" ] || continue
        # A test that passed is one line; one that failed stays open for its failures.
        # One that was skipped is open too, and counts as neither.
        skipped=$(grep -c '<skipped' "$file")
        allskipped=$((allskipped + skipped))
        total=$((total + $(grep -c '<testcase ' "$file") - skipped))
        bad=$((bad + $(grep '<testcase ' "$file" | grep -cv '/>$') - skipped))
        mapfile -t -O "${#failures[@]}" failures < <(failing "$file")
    done
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$status" -eq 0 ] && [ "$total" -eq 0 ]; then
        echo "$name ran no test" >&2
        bad=1
    fi
    note "$name" $((total > bad ? total - bad : 0)) "$bad" "$allskipped"
}

generated() { dev/generate.sh --check && dev/generate-c.sh --check; }
formatted() { swift format lint --strict --recursive Sources Tests examples/swift Fuzzing/Sources/FuzzDriver \
    Fuzzing/Package.swift Package.swift; }

check "build" swift build --build-tests
# One target after the other, each in a process of its own: together their private servers would starve each other.
for folder in Tests/*Tests; do
    target="${folder#Tests/}"
    # Whole stacks, some under valgrind, and servers that are killed: one at a time.
    alone=()
    case "$target" in EndToEndTests | CrashTableTests) alone=(--no-parallel) ;; esac
    tests "$target" --skip-build ${alone[@]+"${alone[@]}"} --filter "^$target\\."
done
if [ -e Tests/ProtocolModel/Package.swift ]; then
    tests "protocol model" -c release --package-path Tests/ProtocolModel
fi
check "a package outside" dev/outside.sh .build/debug/holdfast .build
check "format" formatted
check "generated code" generated

echo
printf '%s\n' "${summary[@]}"
[ "$failed" -eq 0 ] || printf '%s\n' "${failures[@]}"
echo "$passed passed, $failed failed, $skips skipped"
[ "$failed" -eq 0 ]
