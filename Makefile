# Two commands do all the set-up: `make quickstart` and `make test`.
# The tasks themselves are in pyproject.toml; here is only the environment they run in.
# `make test` is every test, `.ci/run` that and what runs some of them again in other surroundings.

PYTHON ?= python3
VENV ?= .venv

# One BLAS thread: why is in docs/decisions/0007-threads.md.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

IN_VENV = PATH="$(abspath $(VENV))/bin:$$PATH"
INSTALL = $(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable

.PHONY: help quickstart test kernels test-braket check clean

help:
	@echo "make quickstart   install qce into $(VENV) and run the main job (half a minute)"
	@echo "make test         install what the tests need and run them all"
	@echo "make kernels      the numerical tests again, in the arithmetic of other processors"
	@echo "make test-braket  the tests of devices, with Braket's (give it a VENV of its own)"
	@echo "make check        lint, types and the layer contract"
	@echo "make clean        remove $(VENV) and what tools left behind (never runs/)"

quickstart: $(VENV)/.qce
	$(VENV)/bin/qce run quickstart

test: $(VENV)/.qce-test
	$(IN_VENV) task test

kernels: $(VENV)/.qce-test
	$(IN_VENV) task kernels

test-braket: $(VENV)/.qce-braket
	$(IN_VENV) pytest -q tests/test_devices.py tests/test_devices_parity.py tests/test_machine.py \
	    tests/test_hardware_braket.py

check: $(VENV)/.qce-dev
	$(IN_VENV) task check

clean:
	rm -rf $(VENV) .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is as good as the two files that decide what is installed.
$(VENV)/.qce: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) .
	@touch $@

$(VENV)/.qce-test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) '.[test]'
	@touch $@ $(VENV)/.qce

$(VENV)/.qce-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) '.[dev]'
	@touch $@ $(VENV)/.qce

# Braket's cloudpickle and joblib are too old for Dask.
$(VENV)/.qce-braket: pyproject.toml constraints.txt | $(VENV)/bin/python
	grep -vE '^(cloudpickle|dask|dask-jobqueue|distributed|joblib)==' constraints.txt > $(VENV)/constraints.txt
	$(VENV)/bin/python -m pip install --quiet --constraint $(VENV)/constraints.txt --editable '.[braket]' pytest hypothesis
	@touch $@
