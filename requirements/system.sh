#!/bin/sh
# Sees that the named Debian packages and Python's venv are there: installs what is missing when
# run by root, else names it in one line. Elsewhere than on Debian it only checks for venv.
set -eu

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed' \
            || missing="$missing $package"
    done
fi
python="${PYTHON:-python3}"
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of names, split on purpose
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Missing on this system:$missing. As root: apt-get install$missing" >&2
    exit 1
fi
