# Run `make` to see what can be made.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
# One more than two processors: browsers mostly wait. With four, nothing waits and nothing is won.
TEST_WORKERS ?= 3

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CODE := storefront gifting tests benchmarks migrations

.PHONY: help demo test check prove bench format translations clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Open the shop with demo data (PORT=8000; ARGS=--fresh starts over)
	@$(BIN)/storefront demo --port $(PORT) $(ARGS)

# What is imported a hundred times in a run is compiled once, on machines that say otherwise as well.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.testable ## Run every test on SQLite, PostgreSQL and Chromium (ARGS=… goes to pytest)
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

check: $(VENV)/.checkable ## Check format, lint, types and the rules of the house
	@$(BIN)/ruff format --check $(wildcard $(CODE))
	@$(BIN)/ruff check $(wildcard $(CODE))
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/house $(ARGS)

prove: $(VENV)/.testable ## Show every stated figure at its full size (takes long)
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m pytest -m prove --hypothesis-profile=long --timeout=3600 $(ARGS)

bench: $(VENV)/.testable ## Measure the figures that the README quotes
	@$(BIN)/python -m benchmarks $(ARGS)

pictures: $(VENV)/.testable ## Take the README's pictures anew, from a fresh demo that runs
	@$(BIN)/python -m tests.chromium
	@PYTHONPATH=. $(BIN)/python docs/pictures/take.py $(or $(ARGS),instance/demo.json)

format: $(VENV)/.checkable ## Put the code into its one format
	@$(BIN)/ruff format $(wildcard $(CODE))
	@$(BIN)/ruff check --fix-only $(wildcard $(CODE))

translations: $(VENV)/.testable ## Bring new sentences into storefront/translations
	@$(BIN)/python -m tests.translations

clean: ## Remove what was built; instance/ with its data stays
	@rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find $(wildcard $(CODE)) -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. Each stamp is older than pyproject.toml when something has to be installed.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is not. Name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python cannot make a virtual environment here. On Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing what the shop needs into $(VENV) …"
	@$(PIP) --upgrade 'pip>=25.1'
	@$(PIP) --editable '.[postgres]'
	@touch $@

$(VENV)/.testable: $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(PIP) --group test
	@touch $@

$(VENV)/.checkable: $(VENV)/.testable
	@echo "Installing what the checks need …"
	@$(PIP) --group dev
	@touch $@
