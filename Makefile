# Two commands do all the set-up: `make demo` and `make test`. Each installs what it needs into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
export PYTHONWARNINGS ?=
# Compiled files are kept in __pycache__: the tests start modelform hundreds of times.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/python -m pytest

.PHONY: help setup demo test test-quick check format lock bench clean

help:
	@echo "make demo        the quickstart on the sandbox: plan, up, up again, a question"
	@echo "make test        the whole test suite"
	@echo "make test-quick  the part of it that takes under 90 seconds"
	@echo "make check       format, lint, types, import directions"
	@echo "make setup       only the environment: .venv/bin/modelform"
	@echo "make format      write the code as the formatter wants it"
	@echo "make lock        new versions into requirements.lock"
	@echo "make bench       every program under benchmarks/ (takes minutes)"
	@echo "make clean       removes .venv and what demo and tests left behind"

setup: $(STAMP)

# uv is pinned by hash in a file of its own: the pip of a fresh machine installs that one package,
# and uv everything else (pip 23.2 does not resolve these dependencies, and is slower).
$(STAMP): requirements.lock requirements-uv.lock pyproject.toml scripts/setup
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/setup
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/python scripts/demo.py

test: $(STAMP)
	$(PYTEST) -n 2 --dist worksteal

test-quick: $(STAMP)
	$(PYTEST) -n 2 --dist worksteal -m "not slow"

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST) -q tests/house

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(STAMP)
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --upgrade -q \
		--python-version 3.11 pyproject.toml --group build --group test --group check -o requirements.lock

bench: $(STAMP)
	@for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis examples/*/.modelform .modelform
