#!/usr/bin/env bash
# Prints a folder from which Terraform can install its providers without a network: TF_PLUGIN_DIR if it is set, else a
# provider mirror on this machine, known by its layout. Prints nothing where there is none: Terraform then downloads.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ -n "${TF_PLUGIN_DIR:-}" ]; then
  printf '%s\n' "$TF_PLUGIN_DIR"
  exit 0
fi
version="$(sed -n 's/^ *version *= *"\([0-9.]*\)"$/\1/p' infra/components/03-application/versions.tf)"
# <mirror>/<registry>/hashicorp/aws/<version>; a working folder's .terraform has the same layout and is no mirror.
found="$(find / -xdev \( -name .terraform -o -path /proc \) -prune -o -type d -path "*/hashicorp/aws/$version" -print -quit 2>/dev/null || true)"
[ -z "$found" ] || (cd "$found/../../../.." && pwd)
