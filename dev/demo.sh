#!/usr/bin/env bash
# Replays the bundled trade of a real shop on private stores that are thrown away afterwards, and says where to go next.
set -euo pipefail
holdfast="$1"
cat <<'EOF'

This starts a private Redis and a private PostgreSQL, loads the catalogue and stock of a British web shop, and drives
its invoices through the service in the order of time, from many terminals at once: captured, paid, shipped, delivered,
and taken back where the shop did. The data is an extract of "Online Retail" by Daqing Chen (UCI Machine Learning
Repository, 2015, DOI 10.24432/C5BW33, CC BY 4.0).

EOF
"$holdfast" replay --embedded
cat <<EOF

Where to go next:
  make dev                        a server of your own on 127.0.0.1:7411, with a small sample catalogue
  $holdfast stock check MUG-WHITE
  $holdfast --help
  README.md                       a five-minute tour, and a tour of the source
EOF
