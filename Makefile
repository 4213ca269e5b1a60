# make run    opens the explorer          make run-precomp  the same without TensorFlow
# make test   runs all tests              make bench        measures ours beside the naive way
# make fuzz   has the program read harmed files of every kind
# All of them set up what they need. Arguments for the programs: make run ARGS="--theme dark"

PYTHON_IN_VENV := .venv/bin/python
ARGS ?=

.PHONY: setup run run-precomp train test check bench fuzz clean

setup: .venv/full

.venv/light: requirements-light.txt
	@scripts/setup light
.venv/full: requirements.txt requirements-light.txt
	@scripts/setup full
.venv/dev: requirements-dev.txt requirements.txt requirements-light.txt
	@scripts/setup dev

run: .venv/full
	@$(PYTHON_IN_VENV) ae.py $(ARGS)

run-precomp: .venv/light
	@$(PYTHON_IN_VENV) ae_precomp.py $(ARGS)

train: .venv/full
	@$(PYTHON_IN_VENV) model.py train $(ARGS)

check: .venv/dev
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@$(PYTHON_IN_VENV) -m ruff check .

test: check
	@$(PYTHON_IN_VENV) -m pytest $(ARGS)

bench: .venv/dev
	@$(PYTHON_IN_VENV) -m benchmarks $(ARGS)

fuzz: .venv/dev
	@$(PYTHON_IN_VENV) -W ignore -m tools.fuzz $(ARGS)

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
