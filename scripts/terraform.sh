#!/usr/bin/env bash
# What the tf.sh of every component does: check, initialize, run one action of Terraform.
#
#   infra/components/<component>/tf.sh ENV ACTION [options of Terraform]
#
# ENV is the stage, dev or prod, and names the files in infra/environments/.
#   TERRAFORM_STATE_BUCKET  bucket of the states; `make bootstrap` makes it
#   ENVIRONMENT_SUFFIX      ends every name and tells states apart; the stage where unset. With another one, several
#                           environments of a stage stand beside each other: ENVIRONMENT_SUFFIX=pr12 … tf.sh dev apply
#   TF_VAR_lambda_zip_path  the zip of the functions; dist/lambda.zip where unset
#   TF_PLUGIN_DIR           a folder to install providers from, in place of the network
set -euo pipefail

component=$1
shift
if [ $# -lt 2 ]; then
  echo "usage: infra/components/$component/tf.sh ENV ACTION [options of Terraform]" >&2
  exit 2
fi
stage=$1
action=$2
shift 2

export TF_VAR_lambda_zip_path
[ -z "${TF_VAR_lambda_zip_path:-}" ] || TF_VAR_lambda_zip_path="$(realpath -m "$TF_VAR_lambda_zip_path")"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/components.sh
root=$PWD
: "${TF_VAR_lambda_zip_path:=$root/dist/lambda.zip}"
"$(python)" scripts/preflight.py "$stage" "$action" "$component"

suffix="${ENVIRONMENT_SUFFIX:-$stage}"
region="$(region "$stage")"
export TF_VAR_environment="$suffix" TF_VAR_state_bucket="$TERRAFORM_STATE_BUCKET" TF_DATA_DIR=".terraform/$suffix"

cd "infra/components/$component"
values=()
for file in "$root/infra/environments/$stage.tfvars" "$root/infra/environments/$stage.$component.tfvars"; do
  [ ! -f "$file" ] || values+=("-var-file=$file")
done
if [ "$component" = 03-application ]; then
  values+=("-var-file=$root/generated/vendors.auto.tfvars.json")
fi

# The version of the provider is exact; a lock file of another platform or mirror would only refuse it.
rm -f .terraform.lock.hcl
if ! said="$(terraform init -reconfigure -no-color \
  -backend-config="bucket=$TERRAFORM_STATE_BUCKET" \
  -backend-config="key=dvss/$suffix/$component.tfstate" \
  -backend-config="region=$region" \
  ${TF_PLUGIN_DIR:+-plugin-dir="$TF_PLUGIN_DIR"} 2>&1)"; then
  printf '%s\n' "$said" >&2
  exit 1
fi

case $action in
  plan) exec terraform plan "${values[@]}" "$@" ;;
  apply) exec terraform apply -auto-approve "${values[@]}" "$@" ;;
  destroy) exec terraform destroy -auto-approve "${values[@]}" "$@" ;;
  import) exec terraform import "${values[@]}" "$@" ;;
  output) exec terraform output -json "$@" ;;
  *) exec terraform "$action" "$@" ;;
esac
