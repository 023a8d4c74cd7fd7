#!/usr/bin/env bash
# Fuzzes a reader of bytes from outside with libFuzzer and AddressSanitizer.
#
#   Fuzzing/fuzz.sh TARGET [SECONDS]    TARGET is a folder of Fuzzing/Corpus; 60 seconds unless told otherwise
#   Fuzzing/fuzz.sh --keep TARGET       takes over what earlier runs found new, as few and as small inputs as reach it
#
# New inputs go to Fuzzing/.found/TARGET and an input that crashes to Fuzzing/FailCases/TARGET; the ordinary tests replay
# the corpus and the fail cases.
set -euo pipefail
cd "$(dirname "$0")"

keep=
if [ "${1:-}" = --keep ]; then
    keep=yes
    shift
fi
target="${1:?usage: Fuzzing/fuzz.sh [--keep] TARGET [SECONDS]}"
seconds="${2:-60}"
[ -d "Sources/fuzz-$target" ] || {
    echo "no target $target; there are: $(cd Sources && echo fuzz-* | sed 's/fuzz-//g')" >&2
    exit 2
}

# The fuzzer's library without a main of its own: the executables have one.
resources="$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")")"
library="$(ls "$resources"/usr/lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-"$(uname -m)".a | head -n 1)"
scratch=../.build-fuzzing
swift build --scratch-path "$scratch" -c release --product "fuzz-$target" -Xlinker "$library" -Xlinker -lstdc++

# Without this a crash may hang in Swift's own backtracer.
export SWIFT_BACKTRACE=enable=no
# The Swift runtime keeps what it made until the end of the process.
export ASAN_OPTIONS=detect_leaks=0
mkdir -p ".found/$target" "Corpus/$target" "FailCases/$target"
if [ -n "$keep" ]; then
    exec "$scratch/release/fuzz-$target" -merge=1 -use_counters=0 -max_len=256 "Corpus/$target" ".found/$target"
fi
exec "$scratch/release/fuzz-$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
    -print_final_stats=1 -artifact_prefix="FailCases/$target/" ".found/$target" "Corpus/$target"
