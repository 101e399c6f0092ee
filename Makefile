# Everything a newcomer types. Each target sets up what it needs; only Python 3.11 or later and make are presumed.

CANDIDATES := python3 python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup demo test coverage lint format lock picture docs soak figures benchmark clean
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

docs: setup  ## draw tables, diagrams and charts from the code and from what was measured
	$(BIN)/python -m docs.draw

picture: setup  ## take the README's picture of the demo
	VPCEP_ENGINE=local $(BIN)/vpcep-pulumi demo --picture docs/demo.svg

soak: setup  ## run the stateful test for MINUTES=10 from SEED=1 on
	$(BIN)/python -m tests.faults.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

figures: setup  ## count anew what docs/faults.md says was tried
	$(BIN)/python -m tests.faults.figures

benchmark: setup  ## measure what this package adds to Pulumi's own time, and draw it into docs/benchmarks.md
	$(BIN)/python -m benchmarks.run $(if $(ONLY),--only $(ONLY))
	$(BIN)/python -m docs.draw

lock: setup  ## pin the development requirements anew (needs uv)
	uv pip compile --universal --python-version 3.11 --upgrade --all-extras --group dev --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml --output-file requirements/dev.txt

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage*
