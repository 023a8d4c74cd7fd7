#!/usr/bin/env bash
# Builds the example of each language whose tools this machine has, and says which ones it left out. With a server, runs
# each one that was built against it:
#
#   examples/build.sh                                    build
#   examples/build.sh run HOST:PORT CHANNEL LOCATION SKU  build, and sell one piece with each
#
# HOLDFAST_API_KEY and HOLDFAST_CA are passed on to the programs. Nothing is installed: docs/clients/ tells what is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
out="${OUT:-$PWD/.build-clients/examples}"
mkdir -p "$out"
built=()
skipped=()
failed=()

attempt() { # attempt NAME FUNCTION REASON: REASON is empty where everything is there
    if [ -n "$3" ]; then
        skipped+=("$1: $3")
        return
    fi
    local status
    # In a condition -e would have no effect.
    set +e
    (set -e; "$2") >"$out/$1.log" 2>&1
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then built+=("$1"); else failed+=("$1: see $out/$1.log"); fi
}

lacks() { # lacks TOOL...: names what is not there
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "no $tool"; return; }
    done
}

python="${PYTHON:-python3}"
lacks_python() {
    "$python" -c 'import grpc_tools, grpc' 2>/dev/null || echo "$python has no grpcio-tools"
}
make_python() {
    mkdir -p "$out/python"
    # shellcheck disable=SC2046
    "$python" -m grpc_tools.protoc -I Protos --python_out="$out/python" --grpc_python_out="$out/python" \
        $(cd Protos && find holdfast google grpc -name '*.proto')
}
run_python() { PYTHONPATH="$out/python" "$python" examples/python/reserve_and_place.py "$@"; }

go_packages=/usr/share/gocode
lacks_go() {
    local found
    found="$(lacks go protoc protoc-gen-go protoc-gen-go-grpc)"
    [ -n "$found" ] || [ -d "$go_packages/src/google.golang.org/grpc" ] || found="no golang-google-grpc-dev"
    echo "$found"
}
make_go() {
    local package=example.com/shop/holdfast/v1 options=()
    mkdir -p "$out/go/src"
    for file in Protos/holdfast/v1/*.proto; do options+=("M${file#Protos/}=$package"); done
    local joined
    joined="$(IFS=,; echo "${options[*]}")"
    protoc -I Protos --go_out="$out/go/src" --go_opt="$joined" --go-grpc_out="$out/go/src" --go-grpc_opt="$joined" \
        Protos/holdfast/v1/*.proto
    GO111MODULE=off GOPATH="$out/go:$go_packages" GOCACHE="$out/go/cache" go build -o "$out/go/reserve-and-place" ./examples/go
}
run_go() { "$out/go/reserve-and-place" "$@"; }

lacks_cpp() {
    local found
    found="$(lacks c++ protoc grpc_cpp_plugin pkg-config)"
    [ -n "$found" ] || pkg-config --exists grpc++ || found="no libgrpc++-dev"
    echo "$found"
}
make_cpp() {
    mkdir -p "$out/cpp"
    local protos
    protos="google/rpc/status.proto google/rpc/error_details.proto holdfast/v1/delivery.proto holdfast/v1/money.proto
        holdfast/v1/order.proto holdfast/v1/review.proto
        holdfast/v1/reservation.proto holdfast/v1/shortage.proto"
    # shellcheck disable=SC2086
    (cd Protos && protoc -I . --cpp_out="$out/cpp" --grpc_out="$out/cpp" \
        --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" $protos)
    # shellcheck disable=SC2046
    c++ -std=c++17 -O1 -I "$out/cpp" examples/cpp/reserve_and_place.cpp $(find "$out/cpp" -name '*.cc') \
        $(pkg-config --cflags --libs grpc++ protobuf) -o "$out/cpp/reserve-and-place"
}
run_cpp() { "$out/cpp/reserve-and-place" "$@"; }

node_modules="${NODE_MODULES:-$PWD/examples/node/node_modules}"
lacks_node() {
    local found
    found="$(lacks node)"
    [ -n "$found" ] || [ -d "$node_modules/@grpc/grpc-js" ] || found="no @grpc/grpc-js: run npm install in examples/node"
    echo "$found"
}
make_node() { node --check examples/node/reserve-and-place.mjs; }
run_node() { node examples/node/reserve-and-place.mjs "$@"; }

attempt python make_python "$(lacks_python)"
attempt go make_go "$(lacks_go)"
attempt cpp make_cpp "$(lacks_cpp)"
attempt node make_node "$(lacks_node)"

for each in "${built[@]}"; do echo "built    $each"; done
for each in "${skipped[@]}"; do echo "skipped  $each"; done
for each in "${failed[@]}"; do echo "FAILED   $each"; done
if [ "${1:-}" = run ]; then
    shift
    for each in "${built[@]}"; do
        echo "== $each"
        "run_$each" "$@" 1 || failed+=("$each")
    done
fi
[ ${#failed[@]} -eq 0 ]
