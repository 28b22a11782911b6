#!/usr/bin/env bash
# make contracts-check: the contracts against a commit, and against what a data folder has deployed, where there is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
base=$1
data=$2
status=0

.venv/bin/python -m codegen compare --base "$base" || status=$?
if [ -f "$data/dvss.sqlite" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  .venv/bin/python -m dvss mappings export "$scratch/deployed" --data-dir "$data"
  if [ -d "$scratch/deployed" ]; then
    .venv/bin/python -m codegen compare --base-folder "$scratch/deployed" || status=$?
  fi
fi
exit "$status"
