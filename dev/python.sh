#!/usr/bin/env bash
# Makes .build/python, a private Python with grpcio for the tests. Asks the network (PyPI) only where it is not there yet, or
# where the pinned versions have changed. Needs Debian's python3-venv.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=.build/python
requirements=dev/python-requirements.txt
if cmp -s "$requirements" "$folder/installed.txt"; then exit 0; fi
echo "making $folder for the tests"
rm -rf "$folder"
/usr/bin/python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --requirement "$requirements"
cp "$requirements" "$folder/installed.txt"
