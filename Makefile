# The developer's menu. Every target sets up what it needs; a second `make setup` does nothing.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup warm demo test lint bench

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## create .venv with everything that the others need

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	test -x $(BIN)/apacheta
	touch $(READY)

warm: setup ## compile the kernels once, into the user's cache
	$(BIN)/apacheta warm

demo: setup ## a simulated night in the terminal; names its report at the end
	$(BIN)/apacheta demo --headless --seed 19

test: setup ## the import contracts, then the tests
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile

lint: setup ## format, rules, types, contracts, and what no linter knows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/unit/test_house_rules.py

bench: setup ## the short form of every benchmark
	@for script in benchmarks/[a-z]*.py; do \
	  test -e "$$script" || { echo "no benchmarks here"; break; }; \
	  name=$$(basename "$$script" .py); \
	  echo "== bench $$name --quick"; \
	  $(BIN)/apacheta bench "$$name" --quick; \
	done
