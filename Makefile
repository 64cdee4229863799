# make run    the desk on http://127.0.0.1:8080 (the demonstration, until a channel is configured)
# make install  what a server needs to run it (docs/server.en.md, docs/server.fr.md)
# make test   the whole suite: SQLite, PostgreSQL, Chromium
# make check  lint, types, arrows, catalogues
# make bench  turn throughput, start, memory
# make factcheck  everything the desk says, for the jurist to read and sign (HTML, PDF)
# make transcripts  every recorded conversation written anew, after words or questions changed: read the difference
# make mutants breaks the law's code on purpose: how many changes the tests notice
# make proof  what the desk promises of messages to many, as a table (FULL=1: to the figures of docs/proof.md)
# make kills  the other crash tests at full length (20 kills a point, 10,000 files), both databases
# make erased every place a person stands in, before she is erased and after

PYTHON ?= python3
BIN := .venv/bin
CATALOGUES := locales/ar/LC_MESSAGES/desk.mo locales/fr/LC_MESSAGES/desk.mo
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes

.PHONY: run install test check transcripts bench proof kills erased mutants factcheck words lock clean
.DEFAULT_GOAL := run

run: .venv/run $(CATALOGUES)
	exec $(BIN)/python bot.py run

# What a server needs, and nothing else (docs/server.en.md).
install: .venv/run $(CATALOGUES)

test: .venv/dev $(CATALOGUES)
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: .venv/dev $(CATALOGUES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.project.catalogues

bench: .venv/dev $(CATALOGUES)
	$(BIN)/python -m bench.run

proof: .venv/dev $(CATALOGUES)
	@rm -f var/proof.jsonl
	PROOF=1 FULL=$(FULL) $(BIN)/python -m pytest -n 2 --dist worksteal tests/proof tests/app/test_mistakes.py tests/app/test_move.py
	@FULL=$(FULL) $(BIN)/python -m tests.proof.table

kills: .venv/dev $(CATALOGUES)
	@rm -f var/proof.txt
	KILLS=20 FILES=10000 $(BIN)/python -m pytest -n 2 tests/crash
	@sort var/proof.txt

# Breaks the law's code, one change at a time, and counts the changes no test notices.
mutants: .venv/dev $(CATALOGUES) requirements/mutants.txt
	$(PIP) -r requirements/mutants.txt
	$(BIN)/mutmut run
	@$(BIN)/mutmut results

# Every place a person's values could stand, before she is erased and after.
erased: .venv/dev $(CATALOGUES)
	$(BIN)/python -m bench.erased

# What the jurist reads and signs: docs/factcheck.*.html, printed to var/factcheck.*.pdf.
factcheck: .venv/dev $(CATALOGUES)
	$(BIN)/python bot.py factcheck
	$(BIN)/python -m tests.project.printed

transcripts: .venv/dev $(CATALOGUES)
	UPDATE=1 $(BIN)/python -m pytest -q -n 2 tests/conversations/test_golden.py tests/handlers/test_session_life.py \
	 tests/handlers/test_day.py \
	 tests/services/people/test_file_life.py tests/handlers/test_whatsapp_walk.py tests/project/test_language.py
	$(BIN)/python bot.py factcheck

words: $(CATALOGUES)

%.mo: %.po .venv/run
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --locale $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: set PYTHON=... (Debian: apt install python3)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python's venv is missing (Debian: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/made requirements/run.txt
	$(PIP) -r requirements/run.txt
	@touch $@

.venv/dev: .venv/run requirements/dev.txt
	$(PIP) -r requirements/dev.txt
	@touch $@

# Needs pip-tools. Never with addresses: whoever installs chooses the index.
lock:
	cd requirements && for part in run dev mutants; do pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --output-file $$part.txt $$part.in; done

clean:
	rm -rf .venv var mutants $(CATALOGUES)
