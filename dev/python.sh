#!/usr/bin/env bash
# Makes private Pythons for the tests: .build/python with grpcio, .build/python-solver with OR-tools. Asks the network (PyPI)
# only where one is not there yet, or where its pinned versions have changed. Needs Debian's python3-venv.
set -euo pipefail
cd "$(dirname "$0")/.."

make_python() { # make_python FOLDER REQUIREMENTS
    local folder="$1" requirements="$2"
    if cmp -s "$requirements" "$folder/installed.txt"; then return; fi
    echo "making $folder for the tests"
    rm -rf "$folder"
    /usr/bin/python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --requirement "$requirements"
    cp "$requirements" "$folder/installed.txt"
}

make_python .build/python dev/python-requirements.txt
make_python .build/python-solver dev/python-solver-requirements.txt
