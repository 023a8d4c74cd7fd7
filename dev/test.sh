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
touch "$results/summary" "$results/failures"
row=tmp

note() { # note NAME PASSED FAILED SKIPPED SECONDS: a line of the summary
    echo "$2 $3 $4 $5 $1" >>"$results/summary"
    [ "$3" -eq 0 ] || echo "failed in: $1" >>"$results/failures"
}

failing() { # failing REPORT: the names of the tests in it that failed
    awk '/<testcase / { name = $0; open = ($0 !~ /\/>$/); next }
         open && /<failure/ { print name; open = 0 }' "$1" |
        sed -E 's/.*classname="([^"]*)".*/\1 &/; s/^([^ ]*) .*[^a-z]name="([^"]*)".*/failed: \1 \2/'
}

check() { # check NAME COMMAND...
    local name="$1" started=$SECONDS
    shift
    echo "== $name"
    if "$@"; then note "$name" 1 0 0 $((SECONDS - started)); else note "$name" 0 1 0 $((SECONDS - started)); fi
}

tests() { # tests NAME COMMAND...: a test run, counted from its report
    local name="$1" status report temporary total bad skipped file allskipped=0 started=$SECONDS
    shift
    echo "== $name"
    report="$results/${name// /-}.xml"
    # The stores' folders of one target go before the next one starts: the disk holds one target's at a time.
    temporary="$results/$row"  # Short: paths of sockets are in it.
    mkdir -p "$temporary"
    TMPDIR="$temporary" "$@" --xunit-output "$report"
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
        failing "$file" >>"$results/failures"
    done
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$status" -eq 0 ] && [ "$total" -eq 0 ]; then
        echo "$name ran no test" >&2
        bad=1
    fi
    note "$name" $((total > bad ? total - bad : 0)) "$bad" "$allskipped" $((SECONDS - started))
}

# The package manager runs one thing at a time; the tests themselves do not need it.
targets() { # targets OPTION NAME...: test targets, one after the other, each in a process of its own
    local option="$1" target
    shift
    for target in "$@"; do
        tests "$target" "$bundle" --testing-library swift-testing ${option:+"$option"} --filter "^$target\\."
    done
}

generated() { dev/generate.sh --check && dev/generate-c.sh --check; }
formatted() { swift format lint --strict --recursive Sources Tests examples/swift Fuzzing/Sources/FuzzDriver \
    Fuzzing/Package.swift Package.swift; }

check "build" swift build --build-tests
bundle="$(swift build --show-bin-path)/holdfastPackageTests.xctest"
# Two rows of targets side by side; more at once would starve each other's private servers. In one are those that mostly
# wait, for whole stacks, for servers that die and come back: one test at a time. What it prints is shown when it is done.
waiting=(CrashTableTests EndToEndTests)
others=()
for folder in Tests/*Tests; do
    target="${folder#Tests/}"
    [[ " ${waiting[*]} " == *" $target "* ]] || others+=("$target")
done
row=wait targets --no-parallel "${waiting[@]}" >"$results/waiting.log" 2>&1 &
targets "" "${others[@]}"
wait
cat "$results/waiting.log"
if [ -e Tests/ProtocolModel/Package.swift ]; then
    tests "protocol model" swift test -c release --package-path Tests/ProtocolModel
fi
check "a package outside" dev/outside.sh .build/debug/holdfast .build
check "format" formatted
check "generated code" generated

echo
awk '{ name = $5; for (i = 6; i <= NF; i++) name = name " " $i
       printf "%-28s %5d passed, %d failed, %d skipped %5d s\n", name, $1, $2, $3, $4 }' "$results/summary"
cat "$results/failures"
awk '{ passed += $1; failed += $2; skipped += $3 }
     END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }' "$results/summary"
