# `make demo` and `make test` are all a newcomer needs; both set up what is missing. The others are for work.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
VENV := .venv/bin
# Most of a run waits for containers, so files of tests run two at a time, in their order: each process has nodes of its
# own. A node that is not ours (OPENSEARCH_URL) is for one.
AT_ONCE := $(if $(OPENSEARCH_URL),0,2) --dist loadfile --no-loadscope-reorder

.PHONY: help demo test setup up down images fmt lint types unit integration search bench golden docs pins clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## Start the stack, load a day of flow logs and a sensor's events, show five answers
	demo/run.sh

test: setup images lint types ## Every check and every test, containers included
	$(VENV)/pytest --require-services --numprocesses $(AT_ONCE)

setup: ## Make .venv with the pinned versions
	@tools/setup.sh

up: setup ## Start the stack (OpenSearch in a container)
	docker/stack.sh up

down: ## Stop the stack; data and passwords stay
	docker/stack.sh down

images: ## A container engine and every image: pulled, or built where no registry answers
	docker/engine.sh
	docker/images.sh all >/dev/null

fmt: setup ## Format
	$(VENV)/ruff check --fix-only --quiet .
	$(VENV)/ruff format .

lint: setup ## Style, import contracts, shell scripts
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/lint-imports --no-cache
	tools/lint_shell.sh

types: setup ## Strict types
	$(VENV)/mypy

unit: setup ## Tests without services
	$(VENV)/pytest tests/unit tests/contract tests/golden tests/property tests/house

integration: setup ## Tests against real OpenSearch in containers
	$(VENV)/pytest --require-services --numprocesses $(AT_ONCE) tests/integration

search: setup ## Property tests with new random examples: they look for what the same ones do not show
	FLOWTAP_HYPOTHESIS=search $(VENV)/pytest tests/property

bench: setup images ## Short forms of all benches; the last line of each is JSON
	$(VENV)/python bench/crash.py --records 60000 --objects 40 --kills 10 --minutes 20
	$(VENV)/python bench/fault_race.py
	$(VENV)/python bench/fault_race.py --kind eve
	$(VENV)/python bench/eve.py --load 60000 --outage-seconds 30
	$(VENV)/python bench/soak.py --lines 100000 --rotations 12 --kills 6 --restarts 1
	$(VENV)/python bench/outage.py --minutes 0.5 --records 150000
	$(VENV)/python bench/vxlan.py --frames 100000 --live-seconds 5
	$(VENV)/python bench/query.py --conversations 20000
	$(VENV)/python bench/join.py --scenes 10
	$(VENV)/python bench/s3.py --records 60000 --objects 120 --kills 4 --stalls 1 --tiny 5000 --cpu-records 60000 --lag-minutes 0.5
	$(VENV)/python bench/mirror_plan.py --sessions 1000
	$(VENV)/python bench/dashboards.py --documents 60000
	$(VENV)/python bench/flowlogs.py --records 60000 --load 100000 --stream-mb 300

golden: setup ## Write golden outputs anew; look at the difference before you commit it
	$(VENV)/pytest -q tests/golden tests/house --rewrite-golden || true
	git diff --stat tests/golden docs

docs: setup ## Write the command and settings reference anew
	$(VENV)/python -m shipper.cli.reference docs

pins: ## Write constraints.txt anew from the newest versions that fit
	python3 -m venv .cache/pins
	.cache/pins/bin/pip install --quiet --upgrade '.[dev]'
	{ head -1 constraints.txt; .cache/pins/bin/pip freeze --exclude flowtap | grep -v '@'; } >.cache/constraints.txt
	mv .cache/constraints.txt constraints.txt

clean: ## Remove what was made here, but not the stack's data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
