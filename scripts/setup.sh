#!/usr/bin/env bash
# Brings .venv to exactly what requirements/dev.txt says, on Python 3.13, and is quick when nothing changed.
# Needs any Python 3 to find a 3.13 with, and a network or a package cache.
# `scripts/setup.sh lock` resolves requirements/*.in into requirements/*.txt anew; `scripts/setup.sh uv` names a uv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# An index or a link folder set for uv on one machine must not decide what the lock means.
unset UV_INDEX UV_EXTRA_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX UV_FIND_LINKS VIRTUAL_ENV

wanted="$(cat .python-version)"
stamp=.venv/.requirements.sha256
suite=.venv/json-schema-test-suite

digest() { cat .python-version requirements/dev.txt requirements/tools.txt | { sha256sum 2>/dev/null || shasum -a 256; }; }

if [ -z "${1:-}" ] && [ -x .venv/bin/python ] && [ -d "$suite" ] && [ -f "$stamp" ] &&
  [ "$(cat "$stamp")" = "$(digest)" ]; then
  exit 0
fi

# A candidate counts only when it runs: a pyenv shim exists for versions that are not installed.
find_python() {
  local candidate
  for candidate in "python$wanted" python3 python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$wanted"*/bin/python; do
    if "$candidate" -c "import sys; raise SystemExit('%d.%d' % sys.version_info[:2] != '$wanted')" >/dev/null 2>&1; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return 0
    fi
  done
  return 1
}

# A uv that is there already will do; ours lives outside .venv, which a sync would empty of it.
find_uv() {
  if uv --version >/dev/null 2>&1; then
    echo uv
    return 0
  fi
  if ! .tools/bin/uv --version >/dev/null 2>&1; then
    local any_python
    any_python="$(find_python || command -v python3 || command -v python)" || {
      echo "setup: no Python found. Install Python $wanted (https://www.python.org/downloads/), then run this again." >&2
      return 1
    }
    if ! "$any_python" -m venv --clear .tools ||
      ! .tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt >&2; then
      echo "setup: uv could not be installed. Install it (https://docs.astral.sh/uv/), then run this again." >&2
      return 1
    fi
  fi
  echo .tools/bin/uv
}

uv_bin="$(find_uv)"

if [ "${1:-}" = uv ]; then
  echo "$uv_bin"
  exit 0
fi

if [ "${1:-}" = lock ]; then
  resolve() {
    "$uv_bin" pip compile --quiet --generate-hashes --no-header --universal \
      --python-version "$wanted" "$@"
  }
  resolve requirements/tools.in -o requirements/tools.txt
  resolve requirements/dev.in -o requirements/dev.txt
  resolve --constraints requirements/dev.txt requirements/lambda.in -o requirements/lambda.txt
  echo "setup: tools.txt, dev.txt and lambda.txt of requirements/ are resolved anew" >&2
fi

if ! python_bin="$(find_python)"; then
  echo "setup: no Python $wanted on this machine; asking uv for one" >&2
  "$uv_bin" python install --quiet "$wanted"
  python_bin="$("$uv_bin" python find "$wanted")"
fi

echo "setup: installing the locked packages into .venv" >&2
[ -x .venv/bin/python ] || "$uv_bin" venv --quiet --clear --python "$python_bin" .venv
VIRTUAL_ENV="$PWD/.venv" "$uv_bin" pip sync --quiet --require-hashes requirements/dev.txt

# The official test suite of JSON Schema comes only in the source distribution of jsonschema, whose hash the lock holds.
# uv unpacks a source distribution nowhere but in its cache.
fetch_suite() {
  local work
  work="$(mktemp -d)"
  awk '/^[^ ]/ {inside = /^jsonschema==/} inside && !/#/' requirements/dev.txt >"$work/requirement.txt"
  UV_CACHE_DIR="$work/cache" VIRTUAL_ENV="$PWD/.venv" "$uv_bin" pip install --quiet --no-deps --no-binary jsonschema \
    --require-hashes --target "$work/built" -r "$work/requirement.txt" &&
    rm -rf "$suite" && mv "$work"/cache/sdists-*/*/jsonschema/*/*/src/json "$suite"
  local status=$?
  rm -rf "$work"
  return $status
}

fetch_suite || echo "setup: no JSON-Schema-Test-Suite; tests/schema_suite fails until this has run with a network" >&2
# The packages run from the checkout: on the path of this interpreter, and as the command `dvss`.
echo "$PWD" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/dvss.pth"
printf '#!/bin/sh\nexec "%s" -m dvss "$@"\n' "$PWD/.venv/bin/python" >.venv/bin/dvss
chmod +x .venv/bin/dvss
digest >"$stamp"
echo "setup: ready ($(.venv/bin/python --version))" >&2
