#!/usr/bin/env bash
# Installs the Debian packages that are missing, and says which and why. Nothing is asked of the network, and no sudo is
# used, where nothing is missing.
#
#   dev/install.sh build    what is needed to build
#   dev/install.sh run      the same, and the stores that are run privately
#   dev/install.sh test     the same, and what the tests and the generator need
#   dev/install.sh clients  what is needed to build the C client, and nothing else
set -euo pipefail

purpose="${1:-run}"
case "$purpose" in
build | run | test | clients) ;;
*)
    echo "usage: dev/install.sh [build|run|test|clients]" >&2
    exit 2
    ;;
esac

missing=()
# Debian's package belongs to Debian's Python, which need not be the first in PATH; the tests use that one.
has_venv() { /usr/bin/python3 -c 'import ensurepip'; }
has_python_protobuf() { /usr/bin/python3 -c 'import google.protobuf'; }

need() { # need PACKAGE WHY CHECK...
    local package="$1" why="$2"
    shift 2
    [[ " ${missing[*]-} " != *" $package "* ]] || return 0
    if ! "$@" >/dev/null 2>&1; then
        missing+=("$package")
        printf 'missing: %-20s %s\n' "$package" "$why"
    fi
}

has() { command -v "$1"; }

has_postgres_15() {
    local program version
    for program in "$(command -v postgres || true)" /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] || continue
        version="$("$program" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')"
        [ "$version" -ge 15 ] && return 0
    done
    return 1
}

has_redis_7() {
    local version
    version="$(redis-server --version | sed -nE 's/.*v=([0-9]+).*/\1/p')"
    [ "${version:-0}" -ge 7 ]
}

has_cxx_headers() { compgen -G '/usr/include/c++/*/vector' && compgen -G '/usr/lib/gcc/*/*/crtbegin.o'; }

has_header() { # by pkg-config where it is there, else by the header itself
    pkg-config --exists "$1" || [ -e "/usr/include/$2" ]
}

need make "runs this project's targets" has make
if [ "$purpose" != clients ]; then
    need git "the Swift package manager fetches sources with it" has git
    need ca-certificates "certificates for fetching sources" test -s /etc/ssl/certs/ca-certificates.crt
    need pkg-config "finds the C libraries" has pkg-config
    need libc6-dev "the C library's headers" test -e /usr/include/stdio.h
    need g++ "the C++ library's headers, and what each program is linked with" has_cxx_headers
    need libhiredis-dev "reads Redis' replies" has_header hiredis hiredis/hiredis.h
    need libpq-dev "talks to PostgreSQL" has_header libpq postgresql/libpq-fe.h
    need zlib1g-dev "reads gzip files" has_header zlib zlib.h
fi
if [ "$purpose" = run ] || [ "$purpose" = test ]; then
    need redis-server "the admission store (a private one is started)" has_redis_7
    need postgresql "the ledger (a private one is started)" has_postgres_15
fi
if [ "$purpose" = clients ] || [ "$purpose" = test ]; then
    need gcc "compiles the C client" has cc
    need pkg-config "finds the C libraries" has pkg-config
    need libc6-dev "the C library's headers" test -e /usr/include/stdio.h
    need libprotobuf-c-dev "messages of the C client" has_header libprotobuf-c protobuf-c/protobuf-c.h
    need libssl-dev "TLS of the C client" has_header libssl openssl/ssl.h
fi
if [ "$purpose" = test ]; then
    need protobuf-compiler "checks that the generated code is up to date" has protoc
    need libprotobuf-dev "the well-known types that the contract imports" test -e /usr/include/google/protobuf/timestamp.proto
    need prometheus "its promtool checks the metrics and the alert rules" has promtool
    need python3 "an independent client in the tests" test -x /usr/bin/python3
    need python3-protobuf "messages for that client" has_python_protobuf
    need python3-venv "a private Python with grpcio, another client in the tests" has_venv
    need protobuf-c-compiler "checks that the generated C code is up to date" has protoc-c
    need openssl "makes certificates for the tests of encryption" has openssl
    need valgrind "looks for leaks and bad reads in the C client" has valgrind
fi

if [ ${#missing[@]} -gt 0 ]; then
    if ! has apt-get >/dev/null; then
        echo "this is not Debian or Ubuntu: please install the equivalents of the packages above" >&2
        exit 1
    fi
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! has sudo >/dev/null; then
            echo "please run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
        echo "installing needs root: sudo may ask for your password"
    fi
    echo "installing: ${missing[*]}"
    echo "(Debian may start a redis-server, a postgresql or a prometheus of its own; this project leaves them alone)"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

if [ "$purpose" = clients ]; then
    echo "everything needed is installed"
    exit 0
fi
if [ "$purpose" != build ] && ! has_redis_7 >/dev/null 2>&1; then
    echo "this system's redis-server is older than 7: install a newer one, see https://redis.io/docs/install/" >&2
    exit 1
fi
if [ "$purpose" != build ] && ! has_postgres_15 >/dev/null 2>&1; then
    echo "this system's PostgreSQL is older than 15: install a newer one, see https://www.postgresql.org/download/" >&2
    exit 1
fi
if ! has swift >/dev/null; then
    echo "no Swift toolchain found: install Swift 6.2 or later from https://www.swift.org/install/" >&2
    exit 1
fi
version="$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)"
read -r major minor <<<"${version:-0 0}"
if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
    echo "Swift $major.$minor is too old: install 6.2 or later from https://www.swift.org/install/" >&2
    exit 1
fi
if [ "$purpose" = test ]; then "$(dirname "$0")/python.sh"; fi
echo "everything needed is installed"
