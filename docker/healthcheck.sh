#!/bin/bash
# Whether the server in this container is alive: its admin port answers 200. Nothing but the shell, so that the image
# needs no HTTP client.
#
#   holdfast-healthcheck [PATH]    /healthz by default; /readyz asks whether it takes calls
set -euo pipefail
port="${HOLDFAST_ADMIN_PORT:-7413}"
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "${1:-/healthz}" >&3
IFS=' ' read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
