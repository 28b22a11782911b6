#!/usr/bin/env bash
# make contracts-check: the contracts against a commit, and against what is deployed: in an environment on AWS whose file of
# outputs is named, else in a data folder, where there is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
base=$1
data=$2
outputs=${3:-}
status=0
# The arguments alone say what is compared with.
unset DVSS_DATA_DIR DVSS_DEPLOYMENT

.venv/bin/python -m codegen compare --base "$base" || status=$?
if [ -n "$outputs" ]; then
  deployed=(--deployment "$outputs")
elif [ -f "$data/dvss.sqlite" ]; then
  deployed=(--data-dir "$data")
elif [ "$data" != .data ]; then
  echo "There is no deployment in $data. Name the data folder of one with DATA, or an environment's outputs with DEPLOYMENT." >&2
  exit 2
else
  echo "Nothing is deployed in $data: nothing else was compared."
  exit "$status"
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
.venv/bin/python -m dvss mappings export "$scratch/deployed" "${deployed[@]}"
if [ -d "$scratch/deployed" ]; then
  .venv/bin/python -m codegen compare --base-folder "$scratch/deployed" || status=$?
fi
exit "$status"
