#!/usr/bin/env bash
# make plan ENV=…: what `make deploy` would change. A component is planned on what those below it have given, so that the
# first plan of an environment ends where nothing is applied yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/components.sh
stage=${1:?name the environment: ENV=dev or ENV=prod}

"$(python)" scripts/preflight.py "$stage" plan all
for component in "${COMPONENTS[@]}"; do
  below=""
  case $component in
    03-application) below=02-stateful-resources ;;
    04-observability) below=03-application ;;
  esac
  if [ -n "$below" ] && [ "$("infra/components/$below/tf.sh" "$stage" output)" = "{}" ]; then
    echo "plan: $component reads what $below gives, which is not applied yet" >&2
    exit 0
  fi
  echo "plan: $component" >&2
  "infra/components/$component/tf.sh" "$stage" plan
done
