# `make run` and `make test` work in a fresh clone with nothing but Python 3.11 and make.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --prefer-binary
# As an installed package is; whoever forbids Python to write bytecode would wait for it at each start.
COMPILED := $(BIN)/python -m compileall -q odata_service samples grammar

.PHONY: help run test check docs check-speed format clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## serve the People sample at http://127.0.0.1:8000/ (PORT=9000 changes it)
	@$(BIN)/odata-service serve --host $(HOST) --port $(PORT)

test: $(VENV)/.installed-test ## the whole test suite, PostgreSQL and MariaDB included (PYTEST_ARGS="-k filter" narrows it)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.installed-dev ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(VENV)/.installed-docs ## the documentation as a site, in build/docs
	$(BIN)/mkdocs build --quiet --strict

check-speed: $(VENV)/.installed-test ## count instructions of fixed requests (valgrind), and fail where they are 5 % more than recorded
	$(BIN)/python -m tests.benchmarks.instructions

format: $(VENV)/.installed-dev ## lay the code out as `make check` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## forget the environment, caches and the sample's database
	rm -rf $(VENV) var build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

# One stamp per set of extras: an unchanged setup.cfg makes the next call start at once.
$(VENV)/.installed: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@$(COMPILED)
	@touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[postgres,client,test]'
	@$(COMPILED)
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[docs]'
	@touch $@

$(VENV)/.installed-dev: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[postgres,client,test,dev]'
	@$(COMPILED)
	@touch $@ $(VENV)/.installed $(VENV)/.installed-test
