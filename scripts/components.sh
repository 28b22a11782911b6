# For the scripts that run Terraform; sourced, from the root of the repository.
# shellcheck shell=bash disable=SC2034
COMPONENTS=(01-network 02-stateful-resources 03-application 04-observability)

# The interpreter of the project where it is set up; most scripts need none of its packages.
python() { if [ -x .venv/bin/python ]; then echo .venv/bin/python; else echo python3; fi; }

# The region of a stage, which the backend is told too.
region() { sed -n 's/^region *= *"\(.*\)"$/\1/p' "infra/environments/$1.tfvars"; }

# A configuration of the command line that is not there makes Terraform warn at each step.
[ -f "${TF_CLI_CONFIG_FILE:-}" ] || unset TF_CLI_CONFIG_FILE
export TF_IN_AUTOMATION=1 TF_INPUT=0
