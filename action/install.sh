#!/usr/bin/env bash
# Installs backend-lead into an environment of its own: what this action came with, or a release.
# Reads BACKEND_LEAD_VERSION, GITHUB_ACTION_PATH and RUNNER_TEMP.
set -euo pipefail

version="${BACKEND_LEAD_VERSION:-}"
if [[ ! "$version" =~ ^[0-9A-Za-z.+!]*$ ]]; then
  echo "::error title=backend-lead::the input version is no version"
  exit 3
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error title=backend-lead::Python 3.11 or newer is needed; set one up in a step before"
  exit 3
fi
what="${GITHUB_ACTION_PATH}[api]" # with what judges contracts
if [ -n "$version" ]; then
  what="backend-lead[api]==$version"
fi
python3 -m venv "$RUNNER_TEMP/backend-lead"
"$RUNNER_TEMP/backend-lead/bin/python" -m pip install --quiet --disable-pip-version-check "$what"
