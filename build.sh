#!/usr/bin/env bash
# Makes dist/lambda.zip, the package of every Lambda function, and beside it lambda.sbom.json, the bill of materials of
# what is installed in it: the same bytes for the same commit.
#   ./build.sh                                      for Lambda on ARM64
#   ./build.sh --platform x86_64-manylinux_2_28     for another platform, as uv names it
#   ./build.sh --output build/other.zip             somewhere else
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

platform=aarch64-manylinux_2_28
output=dist/lambda.zip
while [ $# -gt 0 ]; do
  case "$1" in
    --platform) platform="${2:?build: --platform takes a platform, e.g. x86_64-manylinux_2_28}" ;;
    --output) output="${2:?build: --output takes the path of a zip}" ;;
    *)
      echo "build: there is no option '$1'; see the first lines of build.sh." >&2
      exit 2
      ;;
  esac
  shift 2
done

scripts/setup.sh
uv_bin="$(scripts/setup.sh uv)"

packages="$(mktemp -d)"
trap 'rm -rf "$packages"' EXIT
# An index or a link folder set for uv on one machine must not decide what goes in.
unset UV_INDEX UV_EXTRA_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX UV_FIND_LINKS VIRTUAL_ENV
if ! "$uv_bin" pip install --quiet --target "$packages" --python-platform "$platform" \
  --python-version "$(cat .python-version)" --only-binary :all: --require-hashes --no-deps -r requirements/lambda.txt; then
  echo "build: the packages of requirements/lambda.txt could not be had for $platform; uv says above why." >&2
  exit 1
fi

if ! .venv/bin/python -m codegen check; then
  echo "build: generated/ is not what the contracts compile to; run \`make codegen\`, then this again." >&2
  exit 1
fi

# What a set or a frozenset in bytecode looks like must not depend on the run.
PYTHONHASHSEED=0 .venv/bin/python scripts/package.py --packages "$packages" --output "$output"
.venv/bin/python scripts/sbom.py lambda --output "${output%.zip}.sbom.json"
