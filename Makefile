# Every target installs what it needs first, once. `make help` lists them.

ENV ?= dev
INPUT ?=
QUICK ?=
CHART ?=
DRY :=
REGION :=
IGNORE :=
SECONDARY :=
PORT := 4566
PYTHON ?= python3
PIPENV_VERSION := 2026.10.3

VENV := .venv
BIN := $(VENV)/bin
PYTHON_STAMP := $(VENV)/.packages-installed
NODE_STAMP := node_modules/.packages-installed
# Not the scripts of .venv/bin: they stop working when the folder is moved.
RUN := $(BIN)/python -m

export PIPENV_VERBOSITY := -1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport TF_WORKSPACE

.DEFAULT_GOAL := help
.NOTPARALLEL: # two targets at once would install, synthesize and deploy in the same folders
.PHONY: help setup demo local test check bench lock synth plan review deploy destroy bootstrap release rollback cutover redrive clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

ifeq ($(wildcard $(BIN)/python),)
.PHONY: $(PYTHON_STAMP) # the Python that it was made with is gone from the machine
endif
$(PYTHON_STAMP): Pipfile.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null || { \
	  echo "error: $(PYTHON) is missing or older than Python 3.11. Run make with PYTHON=<a newer python3>." >&2; exit 1; }
	@echo "Installing the Python packages of Pipfile.lock into $(VENV) ..."
	@[ "$$($(BIN)/python -V 2>/dev/null)" = "$$($(PYTHON) -V)" ] || clear=--clear; $(PYTHON) -m venv $$clear $(VENV)
	@$(RUN) pip install --quiet "pipenv==$(PIPENV_VERSION)"
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(RUN) pipenv sync --dev --quiet
	@touch $@

$(NODE_STAMP): package-lock.json $(PYTHON_STAMP)
	@echo "Installing the CDK for Terraform command line into node_modules ..."
	@$(RUN) operations.toolchain > /dev/null
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent
	@touch $@

setup: $(NODE_STAMP) ## install everything into .venv and node_modules
	@$(RUN) operations.toolchain

demo: setup ## deploy both regions on this machine, process data, check the accounts, destroy
	@$(RUN) operations.demo --environment "$(ENV)" $(if $(INPUT),--input "$(INPUT)")

local: setup ## the same deploy, then stay up for any AWS client
	@$(RUN) operations.local --environment "$(ENV)" --port "$(PORT)"

test: setup ## every test
	@$(RUN) pytest -n logical --maxprocesses 4 --no-loadscope-reorder $(TESTS)

check: setup ## ruff, mypy --strict, the import arrows, validation of the synthesized JSON
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) pytest tests/architecture
	@$(RUN) operations.check

bench: setup ## measure the data path and the synth beside their peers; QUICK=1 is shorter
	@$(RUN) benchmarks $(if $(QUICK),--quick) $(if $(CHART),--chart)

synth plan review deploy destroy bootstrap: setup
	@$(RUN) operations.$@ --environment "$(ENV)"

redrive: setup ## show what could not be processed, and send it back; DRY=1 only shows, REGION=x
	@$(RUN) operations.redrive --environment "$(ENV)" $(if $(DRY),--dry-run) $(if $(REGION),--region "$(REGION)")

release: setup ## deploy ENV, then let new versions have the calls step by step; DEPLOY=no, IGNORE=alarm
	@$(RUN) operations.release --environment "$(ENV)" $(if $(IGNORE),--ignore "$(IGNORE)")

rollback: setup ## undo the last release of ENV, also one that is under way
	@$(RUN) operations.release --environment "$(ENV)" --rollback

cutover: setup ## give the secondary region SECONDARY=percent of the calls of ENV's domain
	@$(RUN) operations.cutover --environment "$(ENV)" --secondary "$(SECONDARY)"

synth: ## write the Terraform JSON of ENV to cdktf.out
plan: ## show what a deploy of ENV would change, as Terraform does
review: ## show it for people, and stop at what is dangerous
deploy: ## deploy ENV
destroy: ## destroy ENV
bootstrap: ## make the state buckets and the workspaces of ENV

lock: $(PYTHON_STAMP) ## bring the lock files up to date
	@$(RUN) operations.lock

clean: ## remove what the targets made, but not what they installed
	rm -rf build cdktf.out .mypy_cache .pytest_cache .ruff_cache
