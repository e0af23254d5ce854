# Remit's commands; `make` alone lists them. They need python3.11 or newer, make and git, nothing else.

.DEFAULT_GOAL := help
.PHONY: help setup run test servers check fix pins peers

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := remit flows integrations benchmarks tests
# The first that runs and is new enough; `make setup PYTHON=/path/to/python` overrules it.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14
PYTEST_ARGS ?=

# Nothing that is run from here reports to anyone.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make the virtual environment in .venv, from pinned packages

$(READY): constraints.txt pyproject.toml
	@python="$(PYTHON)"; \
	if [ -z "$$python" ]; then \
	  for candidate in $(CANDIDATES); do \
	    if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	      python=$$candidate; break; \
	    fi; \
	  done; \
	fi; \
	if [ -z "$$python" ]; then \
	  echo 'Remit needs Python 3.11 or newer; none of these is: $(CANDIDATES).' >&2; \
	  echo 'Install one, or name it: make setup PYTHON=/path/to/python' >&2; \
	  exit 1; \
	fi; \
	if [ -x $(BIN)/python ] && ! $(BIN)/python -m pip --version >/dev/null 2>&1; then rm -rf $(VENV); fi; \
	if [ ! -x $(BIN)/python ] && ! "$$python" -m venv $(VENV); then \
	  rm -rf $(VENV); \
	  echo "$$python has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## start the demo: a coffee chain's week, with drafts waiting for you
	@exec $(BIN)/remit demo

test: setup ## run every test that needs Python packages only
	$(BIN)/python -m pytest -n 2 -m "not server and not browser" $(PYTEST_ARGS)

servers: setup ## install the real servers and a browser, and run the tests that need them
	tests/servers/install.sh
	REMIT_REQUIRE_SERVERS=1 $(BIN)/python -m pytest -m "server or browser" --durations=15 $(PYTEST_ARGS)

check: setup ## lint, format check, types and the rules of who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: setup ## repair what the linter can, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

peers: setup ## install what the benchmarks run beside Remit
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/peers.txt

pins: ## write constraints.txt again (needs uv; keeps each pin that still fits, PINS=--upgrade moves them)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --output-file constraints.txt $(PINS)
	uv pip compile --group peers --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --output-file benchmarks/peers.txt $(PINS)
