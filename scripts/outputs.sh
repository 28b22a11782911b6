#!/usr/bin/env bash
# Writes the outputs of all components, by name, to dist/outputs.<suffix>.json: what `dvss --deployment` and tests read.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/components.sh
stage=${1:?name the environment: ENV=dev or ENV=prod}
suffix="${ENVIRONMENT_SUFFIX:-$stage}"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
for component in "${COMPONENTS[@]}"; do
  "infra/components/$component/tf.sh" "$stage" output >"$scratch/$component.json"
done
mkdir -p dist
"$(python)" - "dist/outputs.$suffix.json" "$scratch"/*.json <<'PYTHON'
import json, sys

merged = {}
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        for name, output in json.load(file).items():
            if name in merged:
                raise SystemExit(f"two components have an output {name!r}")
            merged[name] = output["value"]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(merged, file, indent=2, sort_keys=True)
    file.write("\n")
PYTHON
echo "outputs: dist/outputs.$suffix.json" >&2
