#!/usr/bin/env bash
# make deploy ENV=…: apply the components in order, write what they give to dist/outputs.<suffix>.json, and publish the
# mapping versions to what was deployed. scripts/terraform.sh says what is read from the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/components.sh
stage=${1:?name the environment: ENV=dev or ENV=prod}
suffix="${ENVIRONMENT_SUFFIX:-$stage}"

"$(python)" scripts/preflight.py "$stage" apply all
for component in "${COMPONENTS[@]}"; do
  echo "deploy: $component" >&2
  "infra/components/$component/tf.sh" "$stage" apply
done
scripts/outputs.sh "$stage"
"$(python)" -m dvss publish --deployment "dist/outputs.$suffix.json"
