# What is typed here runs in .venv, which is made with $(PYTHON) and filled from PyPI when needed.
# A stamp in .venv says what is done: nothing is installed again before its sources change.

PYTHON ?= python3
PORT   ?= 8080
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check -qq

# One process more than there are processors: tests of the program wait more than they work.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST := $(BIN)/pytest tests -n $(WORKERS) --dist worksteal --benchmark-disable

# What needs to be tested in one form only: nothing that it is about is compiled.
NEVER_COMPILED := tests/net/bpf tests/net/test_compression.py tests/test_benchmarks.py \
                  tests/test_makefile.py tests/test_setup.py \
                  tests/browser/test_axe.py tests/browser/test_cards.py \
                  tests/browser/test_keys.py tests/browser/test_ladder.py \
                  tests/browser/test_overview.py tests/browser/test_screens.py \
                  tests/browser/test_tail.py tests/browser/test_tour.py \
                  tests/e2e/test_access.py tests/httpui/test_attacks.py \
                  tests/httpui/test_listening.py tests/httpui/test_openapi.py

MADE      := $(VENV)/.made-with-$(subst /,_,$(PYTHON))
TOOLS     := $(VENV)/.tools
INSTALLED := $(VENV)/.installed
PACKAGE   := setup.py pyproject.toml README.md LICENSE \
             scripts/train_compiler.py benchmarks/traffic.py \
             $(shell find sipcm -name __pycache__ -prune -o -print)

# A commit, since HEAD~1 is another one tomorrow.
EARLIER := $(if $(PREVIOUS),$(or $(shell git rev-parse --short --verify --quiet '$(PREVIOUS)^{commit}'),\
             $(error no such revision: $(PREVIOUS))))

# Each target says itself which form of the package it wants. Bytecode is kept: the suite runs twice,
# in several processes each, and starts hundreds more.
unexport PYTHONPATH SIPCM_PURE PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test quick bench soak shots wheels lint format examples clean

help: ## list the targets; PYTHON=python3.13 selects another interpreter, PORT=8081 another port
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## install into .venv, read the bundled capture and serve its pages until Ctrl-C
	$(BIN)/sipcm -pcap examples/demo.pcap -show calls,registrations,events -p $(PORT) -forever

test: lint $(INSTALLED) ## decide whether a change is good: lint, types, the suite compiled and pure
	$(PYTEST) $(NEVER_COMPILED:%=--ignore=%)
	SIPCM_PURE=1 $(PYTEST) --cov

quick: $(TOOLS) ## run the suite on the source tree, nothing compiled
	PYTHONPATH='$(CURDIR)' $(PYTEST)

bench: $(TOOLS) $(INSTALLED) $(EARLIER:%=$(VENV)/previous/%) ## measure the installed package; PREVIOUS=v1.2 beside that revision
	$(EARLIER:%=SIPCM_PREVIOUS='$(CURDIR)/$(VENV)/previous/%') $(BIN)/pytest benchmarks -p no:randomly --benchmark-only

soak: $(TOOLS) $(INSTALLED) ## search for longer: many more examples, and the tests that take minutes
	$(PYTEST) --hypothesis-profile=soak -m 'soak or not soak' --timeout 3600

wheels: $(TOOLS) ## build dist/: a wheel for this Python and machine, and one that runs anywhere
	rm -rf build dist
	$(PIP) wheel --no-build-isolation --no-deps --wheel-dir dist .
	SIPCM_PURE=1 $(PIP) wheel --no-build-isolation --no-deps --wheel-dir dist .
	@ls dist

lint: $(TOOLS) ## check style, types and the direction of imports
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(TOOLS) ## rewrite the sources in the project's format
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/ruff format

shots: $(TOOLS) ## photograph every page of the demo into .shots/: light, dark, on a desk, on a phone
	PYTHONPATH='$(CURDIR)' $(BIN)/python -P scripts/screenshots.py .shots

examples: $(TOOLS) $(INSTALLED) ## write examples/ anew
	$(BIN)/python -P scripts/make_examples.py

clean: ## remove everything that make has made
	rm -rf $(VENV) .shots build dist *.egg-info .coverage* .hypothesis .benchmarks .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'sipcm needs Python 3.11 or newer: make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo '$(PYTHON) cannot make a venv: install the package python3-venv' >&2; exit 1; }
	@echo 'making $(VENV) with $(PYTHON): some seconds'
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --upgrade pip
	@touch $@

$(TOOLS): $(MADE) pyproject.toml
	@echo 'installing what tests and checks need from PyPI: about a minute'
	$(PIP) install --group dev
	@touch $@

$(VENV)/previous/%: | $(MADE)
	$(PIP) install --group build
	rm -rf $(VENV)/revision
	mkdir $(VENV)/revision
	git archive '$*' | tar -x -C $(VENV)/revision
	$(PIP) install --no-build-isolation --no-deps --target $@ $(VENV)/revision
	rm -rf $(VENV)/revision

$(INSTALLED): $(MADE) $(PACKAGE)
	@echo 'installing sipcm into $(VENV): where there is a C compiler its hot modules are compiled, which takes three to six minutes'
	$(PIP) install --group build
	$(PIP) install --no-build-isolation .
	@echo "sipcm is $$($(BIN)/python -P -c 'from sipcm import build; print(build.describe())')"
	@touch $@
