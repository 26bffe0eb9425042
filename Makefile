# `make demo` and `make test` work on a fresh machine with Python 3.11 to 3.13.
PYTHON ?= python3
BIN := .venv/bin
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-slow lint clean

demo: .venv/installed
	$(BIN)/python -m experiments.demo --out_dir=demo

test: .venv/installed
	$(BIN)/python -m pytest -q -n 2 --dist=worksteal

test-slow: .venv/installed
	$(BIN)/python -m pytest -q -m slow -n 2 --dist=worksteal

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The exact versions are in constraints.txt; a change there or in setup.py reinstalls.
.venv/installed: setup.py pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	  (3, 11) <= v <= (3, 13) or sys.exit("Python 3.11 to 3.13 is needed, this is %d.%d; try make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[test,jax,onnx,openvino]'
	touch $@

clean:
	rm -rf .venv demo build dist *.egg-info
