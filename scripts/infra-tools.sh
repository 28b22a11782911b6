#!/usr/bin/env bash
# Brings .tools/infra to what requirements/infra.txt says: checkov and parliament, which pin an older boto3 than the rest
# of the project and so have an environment of their own. Quick when nothing changed.
# `scripts/infra-tools.sh lock` resolves requirements/infra.in into infra.txt anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

unset UV_INDEX UV_EXTRA_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX UV_FIND_LINKS VIRTUAL_ENV
stamp=.tools/infra/.requirements.sha256
digest() { cat .python-version requirements/infra.txt | { sha256sum 2>/dev/null || shasum -a 256; }; }

uv_bin="$(scripts/setup.sh uv)"
if [ "${1:-}" = lock ]; then
  "$uv_bin" pip compile --quiet --generate-hashes --no-header --no-emit-index-url --universal \
    --python-version "$(cat .python-version)" requirements/infra.in -o requirements/infra.txt
  echo "infra-tools: requirements/infra.txt is resolved anew" >&2
  exit 0
fi
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(digest)" ]; then
  exit 0
fi
echo "infra-tools: installing the locked packages into .tools/infra" >&2
scripts/setup.sh
"$uv_bin" venv --quiet --clear --python .venv/bin/python .tools/infra
VIRTUAL_ENV="$PWD/.tools/infra" "$uv_bin" pip sync --quiet --require-hashes requirements/infra.txt
digest >"$stamp"
