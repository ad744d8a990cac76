# The same few commands for people and for CI. Each does the set-up it needs: a fresh clone needs only
# Python 3.11 or newer and make.

.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
STAGE ?= dev
HISTORIES ?= 5000
CASES ?= 10000
SEED ?= 1
BIN := .venv/bin
UV_VERSION := 0.13.9
# jsii prints eleven lines about every Node that is past its end of life, at each synth.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
# Container images often turn byte code off; then each of many processes would compile the CDK's library anew.
unexport PYTHONDONTWRITEBYTECODE
# Installed tools first; Node may come from the environment's own wheel.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo test lint types synth deploy conformance faults oracle bench bench-evaluate bench-guardrails bench-policy controls lock clean

help: ## show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 16

setup: .venv/ready ## make the environment in .venv (the other targets do it for you)

.venv/ready: requirements-dev.txt requirements-node.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sluice needs Python 3.11 or newer; name one with PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --require-hashes --requirements requirements-dev.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20)' 2>/dev/null \
	  || { echo "no Node 20 or newer here: taking it from a wheel"; \
	       $(BIN)/uv pip install --quiet --require-hashes --requirements requirements-node.txt; }
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json .venv/ready
	npm ci --silent --no-fund --no-audit

demo: setup ## run simulated traffic through the real handlers on a local cloud
	$(BIN)/python -m infra.local.demo

# In the folders' order: what takes long (e2e) comes first, and what is quick (unit) fills the gaps at the end.
test: setup ## run every test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

lint: setup ## check style and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## check types, strictly
	$(BIN)/mypy

synth: node_modules/.package-lock.json ## write the CloudFormation template to cdk.out (STAGE=dev)
	npx cdk synth --quiet --context stage=$(STAGE)

deploy: node_modules/.package-lock.json ## deploy to AWS by the usual credentials (STAGE=dev)
	npx cdk deploy --context stage=$(STAGE)

controls: setup ## show on the local cloud what becomes of takeovers, disputes and a rule that runs away
	$(BIN)/python -m infra.local.controls

conformance: setup ## hold the stores against moto, the stub and DynamoDB Local (needs a JDK and npm)
	$(BIN)/python -m tests.conformance

faults: setup ## run random histories while calls to AWS fail and deliveries go wrong (HISTORIES=5000 SEED=1)
	$(BIN)/python -m tests.faults --histories $(HISTORIES) --seed $(SEED)

oracle: setup ## hold features against an independent oracle (CASES=10000 SEED=1)
	$(BIN)/python -m tests.support.oracle_run --cases $(CASES) --seed $(SEED)

bench: setup ## measure, as ratios to json.loads of the same events
	$(BIN)/python -m tests.benchmarks

bench-evaluate: setup ## measure judging, and its bill, against a handler written the usual way
	$(BIN)/python -m tests.benchmarks.evaluate
	$(BIN)/python -m tests.benchmarks.evaluate.memory

bench-guardrails: setup ## measure brakes and budgets under eight lanes and crashes
	$(BIN)/python -m tests.benchmarks.guardrails

bench-policy: .venv-bench/ready ## measure rules, 10 to 5,000 of them, against other engines
	.venv-bench/bin/python -m tests.benchmarks.policy

# The other engines, in an environment of their own.
.venv-bench/ready: .venv/ready requirements-bench.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-bench
	$(BIN)/uv pip install --quiet --python .venv-bench --require-hashes --requirements requirements-bench.txt
	@touch $@

lock: setup ## compile the requirement files anew, with hashes
	$(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	  --output-file requirements.txt
	$(BIN)/uv pip compile --quiet pyproject.toml --constraints requirements.txt --universal --python-version 3.11 \
	  --generate-hashes --no-header --group aws --group cli --group local --group infra --group test --group lint \
	  --group build --output-file requirements-dev.txt
	$(BIN)/uv pip compile --quiet pyproject.toml --constraints requirements.txt --universal --python-version 3.11 \
	  --generate-hashes --no-header --group bench --output-file requirements-bench.txt
	$(BIN)/uv pip compile --quiet --group pyproject.toml:node --universal --python-version 3.11 --generate-hashes \
	  --no-header --output-file requirements-node.txt

clean: ## remove everything that was made
	rm -rf .venv .venv-bench .build .conformance .sluice cdk.out node_modules .hypothesis .pytest_cache .ruff_cache .mypy_cache *.egg-info
	find functions infra shared tests -name __pycache__ -type d -prune -exec rm -rf {} +
