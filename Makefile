# Everything a newcomer types. Each target sets up what it needs; only Python 3.11 or later and make are presumed.

CANDIDATES := python3 python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_VENV := .venv-docs
DOCS_READY := $(DOCS_VENV)/.ready
SPHINX := $(DOCS_VENV)/bin/python -m sphinx --nitpicky --fail-on-warning --keep-going --quiet

.PHONY: setup demo test coverage lint format lock picture draw docs linkcheck soak figures benchmark clean
.DEFAULT_GOAL := help

help:  ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

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

benchmark: setup  ## measure what this package adds to Pulumi's own time, and how the local engine grows
	$(BIN)/python -m benchmarks.against_noop
	$(BIN)/python -m benchmarks.engine_growth

lock: setup  ## pin the requirements of development and documentation anew (needs uv)
	uv pip compile --universal --python-version 3.11 --upgrade --all-extras --group dev --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml --output-file requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --upgrade --extra testing --group docs --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml --output-file requirements/docs.txt

clean:  ## remove the virtual environments, the built documentation and caches
	rm -rf $(VENV) $(DOCS_VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage*
