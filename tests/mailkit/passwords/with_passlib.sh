#!/usr/bin/env bash
# Runs the password tests once more with passlib 1.7.4 and bcrypt 4.3 in place of libpass and
# bcrypt 5: both are imported as `passlib`, and distributions carry the one or the other.
#   PYTHON=python3.13 tests/mailkit/passwords/with_passlib.sh [pytest's options]
set -euo pipefail
cd "$(dirname "$0")/../../.."

PYTHON=${PYTHON:-python3}
venv=var/venv-passlib-$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

if [ ! -e "$venv/.ready" ]; then
  "$PYTHON" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'passlib==1.7.4' 'bcrypt==4.3.*' argon2-cffi pytest hypothesis
  touch "$venv/.ready"
fi

# The project's pytest settings ask for Django, which this package does without.
exec "$venv/bin/python" -m pytest -c /dev/null --rootdir=. --confcutdir=tests/mailkit/passwords \
  -p no:cacheprovider -o pythonpath=. -o markers="stack: needs real servers" \
  tests/mailkit/passwords "$@"
