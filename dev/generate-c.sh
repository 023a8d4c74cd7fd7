#!/usr/bin/env bash
# Regenerates Sources/CHoldfast/Generated (and its headers below include/) from Protos/. With --check it fails where the
# committed files differ. Needs Debian's protobuf-c-compiler and libprotobuf-dev.
set -euo pipefail
cd "$(dirname "$0")/.."
# Another version writes other text; the committed files are of this one, and work with every later library.
version=1.4.1
found="$(protoc-c --version | sed -n 's/^protobuf-c //p')"
if [ "$found" != "$version" ]; then
    echo "C code not compared: this machine has protoc-c $found, the committed code is of $version" >&2
    [ "${1:-}" = "--check" ]
    exit
fi
target=Sources/CHoldfast
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/protos" "$work/all" "$work/include" "$work/Generated"
cp -R Protos/. "$work/protos"
# protoc-c does not know `optional` of proto3. On the wire, and to other languages, it is a oneof with one member.
find "$work/protos" -name '*.proto' -exec \
    sed -i -E '/^syntax = "proto3"/,$ s/^( *)optional ([A-Za-z0-9_.]+) ([a-z0-9_]+) = ([0-9]+);/\1oneof \3_set { \2 \3 = \4; }/' {} +
protos=$(cd "$work/protos" && find holdfast grpc/health google -name '*.proto' | LC_ALL=C sort)
# shellcheck disable=SC2086
protoc-c -I "$work/protos" -I /usr/include --c_out="$work/all" $protos \
    google/protobuf/any.proto google/protobuf/duration.proto google/protobuf/timestamp.proto
while read -r file; do
    case "$file" in
    *.h) part=include ;;
    *) part=Generated ;;
    esac
    mkdir -p "$work/$part/$(dirname "$file")"
    mv "$work/all/$file" "$work/$part/$file"
done < <(cd "$work/all" && find . -type f)
if [ "${1:-}" = "--check" ]; then
    for part in include/google include/grpc include/holdfast Generated; do
        diff -ru "$target/$part" "$work/$part" >&2 || {
            echo "C code differs from Protos/: run dev/generate-c.sh" >&2
            exit 1
        }
    done
    echo "generated C code is up to date"
else
    for part in include/google include/grpc include/holdfast Generated; do
        rm -rf "${target:?}/$part"
        mkdir -p "$target/$part"
        cp -R "$work/$part/." "$target/$part"
    done
    echo "wrote $(find "$target/Generated" -name '*.c' | wc -l) files to $target/Generated"
fi
