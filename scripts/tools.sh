#!/usr/bin/env bash
# Brings .tools/NAME to what requirements/NAME.txt says: tools that pin other versions than the rest of the project and so
# have an environment of their own. `infra` looks at Terraform code, `security` at ours. Quick when nothing changed.
# `scripts/tools.sh NAME lock` resolves requirements/NAME.in into NAME.txt anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name="${1:?tools: name an environment: infra or security}"
unset UV_INDEX UV_EXTRA_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX UV_FIND_LINKS VIRTUAL_ENV
stamp=".tools/$name/.requirements.sha256"
digest() { cat .python-version "requirements/$name.txt" | { sha256sum 2>/dev/null || shasum -a 256; }; }

uv_bin="$(scripts/setup.sh uv)"
if [ "${2:-}" = lock ]; then
  "$uv_bin" pip compile --quiet --generate-hashes --no-header --universal \
    --python-version "$(cat .python-version)" "requirements/$name.in" -o "requirements/$name.txt"
  echo "tools: requirements/$name.txt is resolved anew" >&2
  exit 0
fi
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(digest)" ]; then
  exit 0
fi
echo "tools: installing the locked packages into .tools/$name" >&2
scripts/setup.sh
"$uv_bin" venv --quiet --clear --python .venv/bin/python ".tools/$name"
VIRTUAL_ENV="$PWD/.tools/$name" "$uv_bin" pip sync --quiet --require-hashes "requirements/$name.txt"
digest >"$stamp"
