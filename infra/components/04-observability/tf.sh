#!/usr/bin/env bash
# One action of Terraform on this component: tf.sh ENV ACTION; scripts/terraform.sh says what it reads.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec "$here/../../../scripts/terraform.sh" "$(basename "$here")" "$@"
