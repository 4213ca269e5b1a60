# make run       opens the explorer             make run-precomp  the same without TensorFlow
# make train     trains a space
# make check     format, lint, layers, types
# make test      make check and the fast tests  make test-slow    the slow tests
# make bench     the benchmarks, with other programs for comparison; ARGS=hover: one topic, ARGS=--quick: fewer rounds
# make monkey, make fuzz, make kill             random events, damaged files, killed programs; see tools/
# make seeds     trains the bundled autoencoder with two further seeds, and shows what varies
# make pictures  the pictures of README and docs; make tables: their generated tables
# make setup     installs everything; make clean removes it
# Each target installs what it needs. Arguments for the program: make run ARGS="--theme dark"

PYTHON_IN_VENV := .venv/bin/python
ARGS ?=
# More processes than cores, because many tests wait. Each process has its own virtual screen.
TESTS := $(PYTHON_IN_VENV) -m pytest -n 3 --dist loadscope --durations 15

.PHONY: setup run run-precomp train check test test-slow bench monkey fuzz kill pictures tables seeds clean

setup: .venv/full

.venv/light: requirements-light.txt
	@scripts/setup light
.venv/full: requirements.txt requirements-light.txt
	@scripts/setup full
.venv/dev: requirements-dev.txt requirements.txt requirements-light.txt
	@scripts/setup dev
.venv/browser: | .venv/dev
	@scripts/setup browser

run: .venv/full
	@$(PYTHON_IN_VENV) ae.py $(ARGS)

run-precomp: .venv/light
	@$(PYTHON_IN_VENV) ae_precomp.py $(ARGS)

train: .venv/full
	@$(PYTHON_IN_VENV) model.py train $(ARGS)

check: .venv/dev
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@$(PYTHON_IN_VENV) -m ruff check .
	@$(dir $(PYTHON_IN_VENV))lint-imports --no-logo
	@$(PYTHON_IN_VENV) -m mypy

test: check
	@$(TESTS) -m "not slow" $(ARGS)

test-slow: .venv/dev .venv/browser
	@$(TESTS) -m slow $(ARGS)

bench: .venv/dev
	@$(PYTHON_IN_VENV) -m benchmarks $(ARGS)

monkey fuzz kill pictures tables seeds: .venv/dev
	@$(PYTHON_IN_VENV) -m tools.$@ $(ARGS)

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
