# make run    set up what is needed, then start everything        (make run ARGS="--port 9000")
# make test   every test: unit, architecture, integration, e2e    (make test ARGS="-k sign_in")
# make test-gpu   training on an NVIDIA GPU; where there is none its tests are skipped
# make check  format, lint, types, imports, dead code, doubles, generated docs
# make format, make docs, make lock    rewrite what `make check` looks at; pin newer packages

PYTHON ?= python3
ARGS ?=
BOOTSTRAP = $(PYTHON) webapp/cli/bootstrap.py
BIN = .venv/bin
TESTS = $(wildcard tests/unit tests/architecture tests/integration tests/gpu)
JOURNEYS = $(wildcard tests/e2e)
CODE = webapp workers ml

.PHONY: help run setup test test-gpu check format docs lock
.SILENT:

help:
	sed -n 's/^# //p; /^$$/q' Makefile

run: python
	$(BOOTSTRAP) run $(ARGS)

setup: python
	$(BOOTSTRAP) setup --dev

test: setup
	$(BIN)/python tests/system_tools.py
	# two at a time; the journeys, which share one console, one after another. 5: nothing here that ARGS asks for
	$(BIN)/python -m pytest $(TESTS) --numprocesses 2 --dist worksteal $(ARGS) || [ $$? -eq 5 ]
	$(BIN)/python -m pytest $(JOURNEYS) $(ARGS) || [ $$? -eq 5 ]

test-gpu: setup
	$(BIN)/python -m pytest tests/gpu $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/vulture
	$(BIN)/pylint $(CODE)
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/model_card.py --check

format: setup
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/model_card.py

LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
# torch comes as a CPU or as a CUDA build, and only the user's machine knows which: neither is in the lock.
NVIDIA = cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx
NO_CUDA = $(addprefix --no-emit-package=,torch triton cuda-bindings cuda-pathfinder cuda-toolkit $(addprefix nvidia-,$(NVIDIA)))
lock: setup
	$(LOCK) --upgrade -o requirements.lock
	$(LOCK) --upgrade --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --upgrade --group train -c requirements.lock -c requirements-dev.lock $(NO_CUDA) -o requirements-train.lock

.PHONY: python
python:
	command -v $(PYTHON) >/dev/null || { echo "forewarn: $(PYTHON) not found: install Python 3.11 or newer, or name it: make run PYTHON=..." >&2; exit 1; }
