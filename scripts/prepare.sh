#!/usr/bin/env bash
# Make .venv ready: scripts/prepare.sh STAMP [EXTRAS]. Prints one line, and pip's words only when it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=$1 extras=${2:-}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and none was found: install it, or name it with PYTHON=/path/to/python" >&2
    return 1
}

if ! new_enough .venv/bin/python; then
    python=$(find_python)
    "$python" -m venv --clear .venv || {
        echo "$python cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)" >&2
        exit 1
    }
fi
echo "Installing finops-pipeline${extras:+ with $extras} into .venv (a minute or two, once)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --constraint constraints.txt --editable ".${extras:+[$extras]}" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
touch "$stamp"
