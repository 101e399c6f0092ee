# Everything a newcomer types. Each target sets up what it needs; only Python 3.11 or later and make are presumed.

CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_VENV := .venv-docs
DOCS_READY := $(DOCS_VENV)/.ready
SPHINX := $(DOCS_VENV)/bin/python -m sphinx --nitpicky --fail-on-warning --keep-going --quiet

# Tools of a release, in an environment of their own: the package does not need them.
TOOLS := .venv-tools
LOWEST := .venv-lowest
LOWEST_TESTS := tests/api tests/lifecycle tests/settings tests/resources tests/cli tests/package \
	tests/testing/test_pytest_plugin.py tests/testing/test_simulator.py tests/contract/test_main_job.py
TESTERS := editables freezegun hatchling hypothesis mypy pip pytest pytest-xdist time-machine
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml)
EPOCH := $(shell git log -1 --format=%ct 2>/dev/null)

.PHONY: help setup demo test coverage lint format lock lock-tools picture draw docs linkcheck soak figures benchmark dist lowest sbom audit clean
.DEFAULT_GOAL := help

help:  ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

setup: $(READY)  ## make the virtual environment .venv, with everything pinned in requirements/dev.txt

$(READY): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed; name one with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## show the main job on the bundled simulator
	@$(BIN)/vpcep-pulumi demo

test: setup  ## run every test
	$(BIN)/python -m pytest

coverage: setup  ## run every test, and say which lines and branches none has run
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: setup  ## check style, layers and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: setup  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(DOCS_READY): requirements/docs.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed; name one with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --clear $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@touch $@

draw: setup  ## draw the tables, diagrams and command lines of the documentation from the code
	$(BIN)/python -m docs.draw

docs: draw $(DOCS_READY)  ## build the documentation as a site, in build/docs
	$(SPHINX) --builder html docs build/docs
	@echo "build/docs/index.html"

linkcheck: $(DOCS_READY)  ## check the links of the documentation that lead elsewhere (needs a network)
	$(DOCS_VENV)/bin/python -m sphinx --quiet --builder linkcheck docs build/linkcheck

picture: setup  ## take the README's picture of the demo
	VPCEP_ENGINE=local $(BIN)/vpcep-pulumi demo --picture docs/demo.svg

soak: setup  ## run the stateful test for MINUTES=10 from SEED=1 on
	$(BIN)/python -m tests.faults.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

figures: setup  ## count anew what docs/faults.md says was tried
	$(BIN)/python -m tests.faults.figures

benchmark: setup  ## measure what this package adds to Pulumi's own time, and draw it into docs/benchmarks.md
	$(BIN)/python -m benchmarks.run $(if $(ONLY),--only $(ONLY))
	$(BIN)/python -m docs.draw

lock: setup  ## pin the requirements of development and documentation anew (needs uv)
	uv pip compile --universal --python-version 3.11 --upgrade --all-extras --group dev --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml --output-file requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --upgrade --extra testing --group docs --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml --output-file requirements/docs.txt

lock-tools: $(TOOLS)/.ready  ## pin the tools of a release anew
	$(TOOLS)/bin/uv pip compile --universal --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url \
		--no-header requirements/tools.in --output-file requirements/tools.txt

$(TOOLS)/.ready: requirements/tools.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed; name one with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

dist: setup  ## build what is published: the same bytes for the same commit
	rm -rf dist
	$(if $(EPOCH),SOURCE_DATE_EPOCH=$(EPOCH)) $(BIN)/python -m hatchling build --directory dist -t sdist -t wheel

lowest: $(TOOLS)/.ready  ## run a part of the tests with the lowest version of each dependency that pyproject.toml allows
	$(TOOLS)/bin/uv venv --quiet --clear --python $(PYTHON) $(LOWEST)
	$(TOOLS)/bin/uv pip install --quiet --python $(LOWEST) --resolution lowest-direct --editable '.[testing,cli]'
	$(TOOLS)/bin/uv pip install --quiet --python $(LOWEST) $(TESTERS)
	$(TOOLS)/bin/uv pip list --python $(LOWEST)
	$(LOWEST)/bin/python -m pytest $(LOWEST_TESTS)

sbom: dist $(TOOLS)/.ready  ## write build/sbom.json (CycloneDX): the package and all that it installs
	$(TOOLS)/bin/uv venv --quiet --clear --python $(PYTHON) build/described
	$(TOOLS)/bin/uv pip install --quiet --python build/described \
		'dist/vpcep_pulumi-$(VERSION)-py3-none-any.whl[testing,cli]'
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file build/sbom.json build/described/bin/python

audit: $(TOOLS)/.ready  ## ask for known vulnerabilities in what is pinned; a package that cannot be judged fails
	$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements/dev.txt
	$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements/tools.txt

clean:  ## remove the virtual environments, what was built, and caches
	rm -rf $(VENV) $(DOCS_VENV) $(TOOLS) $(LOWEST) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage*
