#!/usr/bin/env bash
# Regenerates Sources/HoldfastAPI/Generated and the descriptors that reflection serves from Protos/. With --check it fails
# where the committed files differ.
# Needs Debian's protobuf-compiler and libprotobuf-dev; the Swift plugins are built from the package's own dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch="${HOLDFAST_SCRATCH_PATH:-.build}"
swift build --scratch-path "$scratch" --product protoc-gen-swift >&2
swift build --scratch-path "$scratch" --product protoc-gen-grpc-swift-2 >&2
bin="$(swift build --scratch-path "$scratch" --show-bin-path)"
committed=Sources/HoldfastAPI/Generated
descriptors=Sources/HoldfastServer/Reflection/descriptors.binpb
out="$(mktemp -d)"
trap 'rm -rf "$out" "$out.binpb"' EXIT
protos=$(cd Protos && find holdfast grpc -name '*.proto' | LC_ALL=C sort)
# shellcheck disable=SC2086
protoc -I Protos \
    --plugin=protoc-gen-swift="$bin/protoc-gen-swift" \
    --swift_opt=Visibility=Public,FileNaming=PathToUnderscores,UseAccessLevelOnImports=true --swift_out="$out" \
    --plugin=protoc-gen-grpc-swift-2="$bin/protoc-gen-grpc-swift-2" \
    --grpc-swift-2_opt=Visibility=Public,FileNaming=PathToUnderscores,UseAccessLevelOnImports=true --grpc-swift-2_out="$out" \
    $protos
# Everything a client may want to decode: the services, what they import, and the types of error details.
# shellcheck disable=SC2086
protoc -I Protos --include_imports --descriptor_set_out="$out.binpb" \
    $protos google/rpc/status.proto google/rpc/error_details.proto
if [ "${1:-}" = "--check" ]; then
    cmp "$descriptors" "$out.binpb" >&2 && diff -ru "$committed" "$out" >&2 || { echo "generated code differs from Protos/: run dev/generate.sh" >&2; exit 1; }
    echo "generated code is up to date"
else
    mkdir -p "$committed"
    rm -f "$committed"/*.swift
    cp "$out"/*.swift "$committed"/
    cp "$out.binpb" "$descriptors"
    echo "wrote $(ls "$committed" | wc -l) files to $committed"
fi
