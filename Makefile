# Every target sets up what it needs first; `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python

.PHONY: help setup lock codegen demo serve test golden test-payloads e2e check contracts-check format soak mutants bench
.PHONY: package sbom bootstrap deploy plan destroy

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## bring .venv to the locked packages on Python 3.13
	@scripts/setup.sh

lock: ## resolve requirements/*.in into the locked requirements anew
	@scripts/setup.sh lock
	@scripts/tools.sh infra lock
	@scripts/tools.sh security lock

codegen: setup ## compile openapi/, schemas/ and mappings/ into generated/ and docs/contract/
	@$(PYTHON) -m codegen build

demo: setup ## start the pipeline, post example events over HTTP, show what became of each
	@$(PYTHON) -m dvss demo

serve: setup ## run the pipeline on this machine (data in .data/)
	@$(PYTHON) -m dvss serve

test: setup ## run the tests
	@$(PYTHON) -m pytest -n auto --dist worksteal -m "not payloads and not soak"

golden: setup ## write what the golden cases (of VENDOR=<id>) become; read the difference before you commit it
	@DVSS_UPDATE=1 $(PYTHON) -m pytest -q tests/golden/test_golden.py $(if $(VENDOR),-k '$(VENDOR)')

test-payloads: setup ## run real vendor payloads from the folder named by DVSS_PAYLOADS through the mappings
	@: $${DVSS_PAYLOADS:?names the folder of real vendor payloads, one folder a vendor}
	@$(PYTHON) -m pytest -m payloads

check: setup ## lint, types, import rules, formatting, generated code, supply chain, secrets; writes nothing
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m codegen check
	@git ls-files '*.sh' .ci/run | xargs .venv/bin/shellcheck
	@.venv/bin/hadolint Dockerfile
	@scripts/tools.sh security
	@$(PYTHON) scripts/security.py

contracts-check: setup ## say whom changed contracts break: since BASE (a commit), and since what DATA (.data) or DEPLOYMENT has deployed
	@scripts/contracts-check.sh "$${BASE:-HEAD}" "$${DATA:-.data}" "$${DEPLOYMENT:-}"

format: setup ## format the code and mend what can be mended
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format

soak: setup ## the long proofs: the tests' own code with greater counts
	@DVSS_SOAK=1 $(PYTHON) -m pytest -m "not payloads" --timeout 3600

mutants: setup ## mutation score of TARGET=compiler, core, json or signatures (COUNT=400 mutants drawn with SEED=1)
	@$(PYTHON) scripts/mutants.py $(or $(TARGET),compiler) $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

bench: setup ## measure: cold start, size and AWS calls of the functions, the embedded backend, the compiler
	@$(PYTHON) -m tests.bench $(BENCH)

package: setup ## build dist/lambda.zip (PLATFORM=aarch64-manylinux_2_28)
	@./build.sh $(if $(PLATFORM),--platform $(PLATFORM))

sbom: setup ## write the bills of materials, dist/lambda.sbom.json and dist/dev.sbom.json
	@$(PYTHON) scripts/sbom.py lambda --output dist/lambda.sbom.json
	@$(PYTHON) scripts/sbom.py dev --output dist/dev.sbom.json

bootstrap: setup ## make the bucket of the Terraform states, named by TERRAFORM_STATE_BUCKET (ENV=dev or prod)
	@scripts/bootstrap.sh "$(ENV)"

deploy: setup package ## deploy to AWS and publish the mappings (ENV=dev or prod)
	@scripts/deploy.sh "$(ENV)"

plan: setup ## what `make deploy` would change on AWS (ENV=dev or prod)
	@scripts/plan.sh "$(ENV)"

destroy: setup ## destroy all that was deployed (ENV=dev; prod refuses)
	@scripts/destroy.sh "$(ENV)"

e2e: setup ## deploy to an emulator of AWS and drive it end to end (PROFILE=full or quick, CONFIG=one config)
	@$(PYTHON) -m tests.e2e --profile "$(or $(PROFILE),full)" $(if $(CONFIG),--config $(CONFIG)) --junit dist/e2e.junit.xml
