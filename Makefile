# Two commands first: `make run` serves the panel, `make test` runs every test.
SHELL := /bin/bash
# Debian's own Python, for which python3-dev has the headers; elsewhere the first on PATH.
PYTHON ?= $(shell test -x /usr/bin/python3 && echo /usr/bin/python3 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST

.PHONY: run test test-mariadb test-postgresql test-fast test-passlib trace-soak bench check lock setup setup-dev setup-stack clean help

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

run: setup  ## set everything up and serve the panel at http://127.0.0.1:8000
	@$(BIN)/python manage.py serve

setup: $(VENV)/.run
setup-dev: $(VENV)/.dev
setup-stack: $(VENV)/.stack

$(VENV)/.run: requirements.txt tools/install
	@PYTHON=$(PYTHON) tools/install run
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt tools/install $(VENV)/.run
	@PYTHON=$(PYTHON) tools/install dev
	@touch $@

# The real servers and the browser that the tests start.
$(VENV)/.stack: tools/install $(VENV)/.dev
	@PYTHON=$(PYTHON) tools/install stack
	@touch $@

# What asks the database in ways that differ between them; SQLite's turn is with all the others.
ON_SERVERS := tests/capitals tests/services tests/admin tests/audit tests/undo tests/dnshealth \
  tests/exports tests/worker/test_loop.py tests/bulk

test: setup-stack  ## every test, with real databases, mail servers and a browser
	$(BIN)/pytest -n 2 --dist loadfile -m "not browser"
	$(MAKE) -j 2 --output-sync=target test-mariadb test-postgresql
	$(BIN)/pytest -n 2 --dist loadfile -m browser
	$(MAKE) check

# Side by side, a core each.
test-mariadb test-postgresql: test-%: setup-stack
	$(BIN)/python -m tests.servers.with_database $* -- $(BIN)/pytest -m "not browser" $(ON_SERVERS)

test-fast: setup-dev  ## the tests that need no servers and no browser
	$(BIN)/pytest -m "not stack and not browser"

test-passlib: setup-stack  ## the password tests with passlib 1.7.4 and bcrypt 4.3 instead of libpass
	tests/mailkit/passwords/with_passlib.sh

STATES ?= 10000
FIRST ?= 100000
DOVECOT ?= 2.3
trace-soak: setup-stack  ## the trace against a real Postfix on STATES random tables (2 s each)
	$(BIN)/python -m tests.stack.trace_soak --states $(STATES) --first $(FIRST) --dovecot $(DOVECOT)

bench: setup-stack  ## how fast pages, DNS checks, trace, lint, exports and imports are: a million mailboxes
	$(BIN)/python -m tests.bench_dns
	$(BIN)/python -m tests.bench_mail
	$(BIN)/python -m tests.bench_export
	$(BIN)/python -m tests.bench_bulk
	$(BIN)/python -m tests.bench_pages
	$(BIN)/python -m tests.bench_crowd

check: setup-dev  ## lint, types, layers, templates, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --lint
	$(BIN)/python manage.py makemigrations --check --dry-run

lock:  ## lock the requirements anew, with hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  --no-header requirements.in -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  --no-header requirements-dev.in -o requirements-dev.txt

clean:  ## remove what the above made; var/ with its data stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
