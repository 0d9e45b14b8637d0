# 数字永州: two commands matter, `make run` and `make test`. Needs Python 3.11 with venv, git, make.
PYTHON ?= $(shell sh tools/find_python.sh)
BIN := .venv/bin
UV_COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11
export PORT DATA CITY

.PHONY: run test setup setup-run check bench docs lock schema soak attack
.DEFAULT_GOAL := run

run: setup-run
	@exec setpriv --pdeathsig TERM $(BIN)/yongzhou run

setup-run:
	@test -n "$(PYTHON)" && $(PYTHON) tools/set_up.py run

setup:
	@test -n "$(PYTHON)" && $(PYTHON) tools/set_up.py dev

# Two workers for two cores; a file, and all tests of one group (browser, family), stay on one worker.
test: setup
	@$(BIN)/python -m pytest -n $(or $(WORKERS),2) --dist loadgroup $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src simulator
	PYTHONPATH=src:. $(BIN)/lint-imports
	$(BIN)/yongzhou check

bench: setup
	$(BIN)/python -m benchmarks $(ARGS)

# The documentation site in build/docs; the front shows it at /docs/.
docs: setup
	$(BIN)/yongzhou reference --check
	$(BIN)/python tools/build_docs.py

schema: setup
	$(BIN)/yongzhou schema

# New locks after a change of requirements/*.in or package.json. UPGRADE=--upgrade takes newer versions.
lock: setup
	cd requirements && for name in run dev bootstrap; do \
	  case $$name in run) pins= ;; dev) pins="-c run.txt" ;; *) pins="-c dev.txt" ;; esac; \
	  ../$(UV_COMPILE) $(UPGRADE) $$name.in $$pins -o $$name.txt || exit 1; \
	done
	$(BIN)/python tools/npm.py install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
