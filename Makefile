# The verbs of this project. `make lab` opens the course, `make test` passes all tests; each sets
# up .venv first, from requirements.lock. PYTHON=python3.12 chooses the interpreter of a new .venv,
# DEVICE=gpu MXNet's CUDA 11 build.

SHELL := /bin/sh
DEVICE ?= $(shell cat .venv/.device 2>/dev/null || echo cpu)
BIN := .venv/bin
UV := $(BIN)/uv
# Nothing of the user's own Python packages may leak in.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME
# Threads that wait in a loop slow one another down where tests run side by side.
export OMP_WAIT_POLICY := passive

.PHONY: env lab test test-cpu check bench matrix coverage flakes portable faults mutants traps notebooks readme book lint lock release clean

lab: .venv/.ready
	@$(BIN)/python -m tools.lab $(LAB_ARGS)

# With DEVICE=gpu all that follows runs on the card, and a page to send back is written.
test: .venv/.ready
	@if [ "$(DEVICE)" != cpu ]; then exec $(BIN)/python -m tools.device_report '$(DEVICE)'; fi; \
	    $(MAKE) --no-print-directory test-cpu

test-cpu:
	@printf '1 of 3: style and types (ruff, mypy)\n'
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@printf '2 of 3: unit tests\n'
	@$(BIN)/python -m pytest -q -n 2 --dist loadscope -m 'not slow' tests
	@printf '3 of 3: every notebook, its outputs compared with the stored ones (nbval, nbguard)\n'
	@$(BIN)/python -m pytest -q -n 2 --dist loadscope --nbguard --nbguard-once --nbval-current-env \
	    notebooks

# What takes longer, or needs more than an environment: root, another Debian, half an hour; with
# ALL=1 also what hardly ever finds more than the rest does, another half.
check: .venv/.ready
	@ALL="$(ALL)" ONLY="$(ONLY)" MUST_RUN="$(MUST_RUN)" $(BIN)/python tools/check.py

# The environment, made anew where the interpreter or the device asked for is another one.
env:
	@PYTHON="$(PYTHON)" DEVICE="$(DEVICE)" sh tools/make_env.sh

.venv/.ready: requirements.lock pyproject.toml nbguard/pyproject.toml tools/make_env.sh
	@PYTHON="$(PYTHON)" DEVICE="$(DEVICE)" sh tools/make_env.sh

# All tests and notebooks on each supported interpreter that is present, with the oldest packages,
# NumPy 1.26, those of the lock, and the newest; PYTHONS=3.14,3.15 for some, SETS=newest for some.
matrix: .venv/.ready
	@PYTHONS="$(PYTHONS)" SETS="$(SETS)" $(BIN)/python tools/matrix.py

# All notebooks under settings that compute in really different ways; NAMES="04 09" for some lessons,
# WAYS=4 for so many settings in place of eight, WAYS=all for all, MUST_RUN=portable where fewer than
# asked for are a failure.
portable: .venv/.ready
	@WAYS="$(WAYS)" MUST_RUN="$(MUST_RUN)" $(BIN)/python -m tools.portable $(NAMES)

# What nbval, nbmake, pytest-notebook and nbguard say of the same notebooks.
traps: .venv/.ready
	@$(BIN)/python -m tools.traps

# All tests fifty times, each time in another order, some on a busy machine; takes hours, and goes on
# where an earlier call ended.
RUNS ?= 50
flakes: .venv/.ready
	@$(BIN)/python -m tools.flakes $(RUNS)

# Which branches of the library no test runs; fails below 95 %.
coverage: .venv/.ready
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n 2 --dist loadscope tests
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=95

# One small change of the library after another: which do its own tests notice; takes an hour.
mutants: .venv/.ready
	@$(BIN)/python -m tools.mutants $(NAMES)

# One deliberate mistake in the library after another: which lesson shows it.
faults: .venv/.ready
	@$(BIN)/python -m tools.faults $(NAMES)

# Measure side by side with what a user would use instead; NAME=shapes for one part.
bench: .venv/.ready
	@NAME="$(NAME)" $(BIN)/python benchmarks/run.py

# Derive, execute and store every notebook.
notebooks: .venv/.ready
	$(BIN)/python -m tools.build_notebooks

# The README's part on the rooms of the library, from their docstrings and imports.
readme: .venv/.ready
	@$(BIN)/python -m tools.house

lint: .venv/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

# Resolve all versions anew; UPGRADE= keeps those that serve. mxnet comes from its own line since
# the package does not ask for it from Python 3.13 on, and the override lifts MXNet's numpy<2.
# cmeel-openblas is what MXNet's build for aarch64 runs on (see gluon_init/_compat/libraries.py); of cmeel
# itself nothing is needed.
UPGRADE ?= --upgrade
lock: .venv/.ready
	printf '%s\n' 'mxnet==1.9.1' "cmeel-openblas==0.3.23; sys_platform == 'linux' and platform_machine == 'aarch64'" > .venv/mxnet.in
	printf 'numpy>=1.23\n' > .venv/override.txt
	$(UV) pip compile $(UPGRADE) --no-emit-package cmeel --universal --python-version 3.10 --override .venv/override.txt \
	    --generate-hashes --no-header --no-annotate --quiet \
	    --extra lab --extra classroom --extra test pyproject.toml nbguard/pyproject.toml .venv/mxnet.in -o requirements.lock
	$(BIN)/python tools/gpu_list.py > .venv/gpu.in
	$(UV) pip compile --upgrade --universal --python-version 3.10 --no-deps --generate-hashes \
	    --no-header --no-annotate --quiet .venv/gpu.in -o requirements-gpu.lock

# A static site of the lessons, in dist/book. Jupyter Book has an environment of its own.
book: .venv/.ready
	@test -x .book/bin/jupyter-book || ($(UV) venv --quiet .book && \
	    $(UV) pip install --quiet --python .book/bin/python 'jupyter-book==1.0.4.post1')
	.book/bin/jupyter-book build --quiet notebooks --path-output dist/book \
	    --config $(CURDIR)/tools/book/_config.yml --toc $(CURDIR)/tools/book/_toc.yml
	@printf 'Open dist/book/_build/html/index.html\n'

release: .venv/.ready
	$(UV) build --wheel --out-dir dist
	$(UV) build --wheel --out-dir dist nbguard

clean:
	rm -rf .venv .book .cluster .matrix .mutants .traps .nbguard dist build .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
