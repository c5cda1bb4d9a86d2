#!/bin/sh
# Installs what the package manager of Python cannot: a PostgreSQL server, which the tests start by themselves.
# Running it again is nothing. Debian and its relatives; elsewhere install a PostgreSQL server by hand.
set -eu

if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "no apt-get here: install a PostgreSQL server (initdb, postgres) and put it on the PATH" >&2
    exit 1
fi

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo -n "$@" || { echo "sudo asks for a password: run as root: $*" >&2; exit 1; }
    else
        echo "not root and no sudo: run as root: $*" >&2
        exit 1
    fi
}

as_root apt-get update -qq
# A cluster that Debian would start at boot is not wanted: only the programs are.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
