#!/usr/bin/env bash
# Makes what compose.yaml hands to the containers as files, in docker/secrets, where it is not there yet: a password of
# PostgreSQL, the URL with it, and a certificate for TLS from an authority of your own. Nothing is ever overwritten.
#
#   docker/make-secrets.sh [NAME...]    names by which clients reach the server; localhost and 127.0.0.1 by default
#
# For a certificate from elsewhere put tls/certificate.pem (with its chain) and tls/key.pem there first. Clients trust
# docker/secrets/ca.pem. A certificate is replaced while the server runs: write both files beside the old ones, readable
# by the group of the folder, and rename them. Keep the folder out of backups that others read.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets/tls
cd secrets

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(localhost 127.0.0.1)
alternatives=""
for name in "${names[@]}"; do
    if [[ "$name" =~ ^[0-9.]+$ || "$name" == *:* ]]; then kind=IP; else kind=DNS; fi
    alternatives+="${alternatives:+,}$kind:$name"
done

if [ ! -e postgres_password ]; then
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >postgres_password
    echo "made postgres_password"
fi
if [ ! -e postgres_url ]; then
    printf 'postgres://holdfast:%s@postgres:5432/holdfast\n' "$(cat postgres_password)" >postgres_url
    echo "made postgres_url"
fi
if [ ! -e tls/certificate.pem ] && [ ! -e tls/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Holdfast's own authority" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout ca_key.pem -out ca.pem 2>/dev/null
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=${names[0]}" \
        -keyout tls/key.pem -out tls_request.pem 2>/dev/null
    printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=%s\n' "$alternatives" >tls_extensions
    openssl x509 -req -in tls_request.pem -CA ca.pem -CAkey ca_key.pem -CAcreateserial -days 397 \
        -extfile tls_extensions -out tls/certificate.pem 2>/dev/null
    rm -f tls_request.pem tls_extensions ca.srl
    echo "made ca.pem, ca_key.pem, tls/certificate.pem and tls/key.pem for $alternatives, good for 397 days"
fi
# PostgreSQL and the server run as other accounts than yours, and compose hands files over with the modes they have here.
# The folder is closed to others, so these two files are as well.
chmod 0444 postgres_password postgres_url
# The folder tls is mounted, so what is in it is open to one group, which the server's container gets, and to no others:
# yours, or the image's own where root runs this.
group="$(id -g)"
if [ "$(id -u)" -eq 0 ]; then group=10001; fi
chgrp "$group" tls tls/certificate.pem tls/key.pem
chmod 0750 tls
chmod 0640 tls/certificate.pem tls/key.pem
if ! grep -qs '^SECRETS_GROUP=' ../.env; then
    echo "SECRETS_GROUP=$group" >>../.env
    echo "wrote SECRETS_GROUP to docker/.env"
fi
