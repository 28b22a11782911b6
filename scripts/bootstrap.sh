#!/usr/bin/env bash
# make bootstrap ENV=…: the bucket of the Terraform states, named by TERRAFORM_STATE_BUCKET, in the region of ENV. Running it
# again changes nothing.
#
# A component like the others makes it, with the same module, so that the bucket is as closed as those of the data and no
# other tool is needed. Its own state starts on disk and moves into the bucket, so that nothing is left to lose.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/components.sh
stage=${1:?name the environment: ENV=dev or ENV=prod}

"$(python)" scripts/preflight.py "$stage" apply 00-bootstrap
region="$(region "$stage")"
export TF_VAR_state_bucket="$TERRAFORM_STATE_BUCKET" TF_VAR_region="$region"
cd infra/components/00-bootstrap

on_disk=state_on_disk_override.tf
trap 'rm -f "$on_disk"' EXIT
use_bucket() {
  terraform init -no-color "$@" -backend-config="bucket=$TERRAFORM_STATE_BUCKET" \
    -backend-config="key=dvss/00-bootstrap.tfstate" -backend-config="region=$region" \
    ${TF_PLUGIN_DIR:+-plugin-dir="$TF_PLUGIN_DIR"} 2>&1
}

rm -rf .terraform .terraform.lock.hcl
if [ -f terraform.tfstate ] || ! said="$(use_bucket)"; then
  # A state on disk is left over from a run that was interrupted.
  if [ ! -f terraform.tfstate ] && [[ $said != *"does not exist"* ]]; then
    printf '%s\n' "$said" >&2
    exit 1
  fi
  printf 'terraform {\n  backend "local" {}\n}\n' >"$on_disk"
  rm -rf .terraform
  terraform init -no-color ${TF_PLUGIN_DIR:+-plugin-dir="$TF_PLUGIN_DIR"} >/dev/null
  terraform apply -auto-approve
  rm "$on_disk"
  use_bucket -migrate-state -force-copy >/dev/null
  rm -f terraform.tfstate terraform.tfstate.backup
else
  terraform apply -auto-approve
fi
echo "bootstrap: states lie in $TERRAFORM_STATE_BUCKET" >&2
