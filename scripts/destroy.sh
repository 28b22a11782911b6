#!/usr/bin/env bash
# make destroy ENV=…: everything that `make deploy` has made, from the last component to the first, and the API keys that
# were made for it since. prod is refused before Terraform runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/components.sh
stage=${1:?name the environment: ENV=dev or ENV=prod}
suffix="${ENVIRONMENT_SUFFIX:-$stage}"

"$(python)" scripts/preflight.py "$stage" destroy all
outputs="$(infra/components/03-application/tf.sh "$stage" output)"
if [ "$outputs" != "{}" ]; then
  "$(python)" scripts/delete_api_keys.py "$(region "$stage")" <<<"$outputs"
fi
for ((index = ${#COMPONENTS[@]} - 1; index >= 0; index--)); do
  echo "destroy: ${COMPONENTS[index]}" >&2
  "infra/components/${COMPONENTS[index]}/tf.sh" "$stage" destroy
done
rm -f "dist/outputs.$suffix.json"
