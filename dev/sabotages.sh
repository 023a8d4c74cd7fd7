#!/usr/bin/env bash
# Shows that the checks of `holdfast torture` can fail: takes one rule of the protocol away after the other and lets torture
# find it. Prints which check caught which, and ends with 1 where one escapes or where a sound server is accused.
#
#   dev/sabotages.sh [PROGRAM [NAME...]]    PROGRAM is a debug build; NAMEs choose among the sabotages
#
# Two rows are sound servers: one as they are, one with all that goes with a weakness (a short grace for attempts that seem
# dead, and the hold-up of the row that has one) and none.
set -uo pipefail
cd "$(dirname "$0")/.."

program="${1:-.build/debug/holdfast}"
shift || true
logs="$(mktemp -d)"
trap 'rm -rf "$logs"' EXIT

# name, seconds, first seed, faults, and where servers are held up (HOLDFAST_FAILPOINT): as short as is reliable, and with the faults under which the missing rule matters. What
# happens between two processes is not decided by a seed, so a sabotage is given three runs to be found in.
runs() {
    cat <<'END'
sound                         20  1 kill-server,kill-redis,kill-postgres,two-redis,late-postgres
sound-and-held-up             30  1 kill-server,flush-redis,two-redis           journalling:40*:stall:4500
capture-without-guard         20  1 slow-flush,delay-postgres
acknowledge-before-commit     15  1 kill-postgres
journal-without-epoch         20  1 flush-redis,flush-functions,delay-postgres
no-arm-check                  20  1 two-redis
expiry-in-redis-first         15  1 none
settle-as-increment           15  1 none
base-without-version          15  1 none
untake-of-adopted             40  2 cut-postgres
orphan-without-tombstone      30  1 none                                 journalling:40*:stall:4500
adjustment-in-postgres-first  15  1 none
END
}

chosen() { # chosen NAME WANTED...
    local name="$1"
    shift
    [ $# -eq 0 ] && return 0
    for wanted in "$@"; do [ "$wanted" = "$name" ] && return 0; done
    return 1
}

escaped=0
table=()
while read -r name seconds seed faults point; do
    chosen "$name" "$@" || continue
    log="$logs/$name.log"
    sabotage=(--sabotage "$name")
    is_sound=""
    case "$name" in
        sound) is_sound=1 sabotage=() ;;
        sound-and-held-up) is_sound=1 sabotage=(--sabotage none) ;;
    esac
    start=$SECONDS
    for run in 1 2 3; do
        echo "== $name: $seconds s, seed $seed, faults $faults${point:+, $point}" >&2
        HOLDFAST_FAILPOINT="$point" "$program" torture --seconds "$seconds" --seed "$seed" --faults "$faults" ${sabotage[@]+"${sabotage[@]}"} \
            >"$log" 2>&1 </dev/null
        status=$?
        if [ -n "$is_sound" ] || [ "$status" -ne 0 ]; then break; fi
        seed=$((seed + 1))
    done
    took=$((SECONDS - start))
    kinds="$(sed -nE 's/^VIOLATION ([a-z-]+):.*/\1/p' "$log" | sort | uniq -c \
        | awk '{ printf "%s%s x%s", (NR > 1 ? ", " : ""), $2, $1 }')"
    if [ -n "$is_sound" ] && [ "$status" -eq 0 ]; then
        verdict="no weakness: every promise kept, after $took s"
    elif [ -z "$is_sound" ] && [ "$status" -eq 1 ] && [ -n "$kinds" ]; then
        verdict="caught by $kinds, in run $run, after $took s"
    else
        verdict="$([ -n "$is_sound" ] && echo ACCUSED || echo ESCAPED) (status $status${kinds:+, $kinds})"
        escaped=$((escaped + 1))
        tail -n 40 "$log" >&2
    fi
    table+=("$(printf '%-30s %s' "$name" "$verdict")")
    echo "   $verdict" >&2
done < <(runs)

printf '%s\n' "${table[@]}"
echo "$((${#table[@]} - escaped)) as they should be, $escaped not"
[ "$escaped" -eq 0 ]
