# 法治年报库. Every target sets up what it needs and is safe to run again. `make help` lists them.

DATA    ?= data
PORTALS ?= crawler/portals.csv
PYTHON  ?= python3
REAL    ?= ../shared/pages
TEXTS   ?= ../shared/seeds
JOBS    ?= $(shell nproc 2>/dev/null || echo 1)

SAMPLE  := data/sample
VENV    := .venv
PY      := $(VENV)/bin/python
READY   := $(VENV)/.ready
CLUSTER := $(VENV)/.cluster
ENGINE  ?= local
# who does the work may have to be installed first
HANDS   := $(READY) $(if $(filter ray,$(ENGINE)),$(CLUSTER))

SHELL         := /bin/bash
.SHELLFLAGS   := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-print-directory
export DEBUG

CRAWL_FLAGS = $(if $(ONLY),--only '$(ONLY)') $(if $(YEARS),--years '$(YEARS)') $(if $(MAX_PAGES),--max-pages '$(MAX_PAGES)') \
	$(if $(CONTACT),--contact '$(CONTACT)') $(if $(DELAY),--delay '$(DELAY)') $(if $(RECHECK),--recheck '$(RECHECK)') $(if $(NIGHT),--night '$(NIGHT)') --engine '$(ENGINE)' --jobs '$(JOBS)'
TRANSFORM = $(PY) -m transform.run --data '$(DATA)' --jobs '$(JOBS)' --engine '$(ENGINE)'

.PHONY: help setup run test test-slow fuzz audit crawl ingest transform warehouse rebuild query recipe evidence check export release diff report portals triage extract explain lint docs bench bench-scale cluster

help: ## list the targets
	@echo "法治年报库 - reports on lawful government, from portals to tables"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: DATA=$(DATA) PORTALS=$(PORTALS) JOBS=$(JOBS) ENGINE=$(ENGINE) (or ray) SRC HOSTS OUT SQL NAME ID A B JSON ONLY YEARS MAX_PAGES CONTACT DELAY RECHECK NIGHT N DEBUG=1"

# ---------------------------------------------------------------- set-up

setup: $(READY) ## make the virtual environment (every target does it by itself)

# pip first: versions before 23.3 misread an extra that trafilatura depends on
$(READY): requirements/pip.txt requirements/lock.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: no $(PYTHON) on the path: install Python 3.11 or newer, or say PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11: say PYTHON=python3.12 or the like" >&2; exit 1; }
	@echo "Setting up $(VENV) from the pinned requirements (once, about half a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { echo "error: $(PYTHON) has no venv module: install it (Debian: python3-venv)" >&2; exit 1; }
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/pip.txt
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/lock.txt
	@touch $@

cluster: $(CLUSTER) ## install what ENGINE=ray needs (by itself where it is said; on the other machines of a cluster once)

$(CLUSTER): requirements/cluster.txt $(READY)
	@echo "Installing Ray into $(VENV) (once, 200 MB) ..."
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/cluster.txt
	@touch $@

# an object store for the tests: no part of what a user needs
$(VENV)/.cluster-test: requirements/cluster-test.txt $(READY)
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/cluster-test.txt
	@touch $@

# where there is no atheris (other systems, or it cannot be had) inputs are mutated without a guide, and fuzzing says so
$(VENV)/.fuzz: requirements/fuzz.txt $(READY)
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/fuzz.txt && touch $@ || echo "atheris could not be installed: fuzzing goes on without a guide"

# ---------------------------------------------------------------- the sample: works without a network

run: DATA := $(SAMPLE)
run: $(HANDS) $(SAMPLE)/raw/.crawled ## the whole job on the embedded sample portals (invented places)
	@echo "crawl: the archive holds the sample portals as they are now."
	@$(TRANSFORM)
	@$(PY) -m warehouse.build --data '$(DATA)'
	@$(PY) -m warehouse.summary --data '$(DATA)'

# the sample portals are files of this project: they need crawling again only when those files change
$(SAMPLE)/raw/.crawled: $(wildcard samples/*.py samples/*/*.py samples/*.toml crawler/*.py crawler/*/*.py knowledge/urls.py knowledge/families.* knowledge/titles.* knowledge/discovery.toml knowledge/schedule.toml) | $(READY)
	@mkdir -p $(@D)
	@$(PY) -m samples serve --registry $(SAMPLE)/portals.csv -- $(PY) -m crawler.run --data $(SAMPLE) --portals $(SAMPLE)/portals.csv --delay 0
	@touch $@

# ---------------------------------------------------------------- the job

crawl: $(HANDS) ## crawl the portals of PORTALS into the archive (CONTACT= your mail or page)
	@$(PY) -m crawler.run --data '$(DATA)' --portals '$(PORTALS)' $(CRAWL_FLAGS)

# HOSTS from the command line alone: some systems have one of their own in the environment
ingest: $(READY) ## archive local files as if they had been fetched, reports out of web archives (SRC= folder or file, HOSTS=)
	@test -n "$(SRC)" || { echo "error: say what to archive: make ingest SRC=folder" >&2; exit 1; }
	@$(PY) -m crawler.ingest --data '$(DATA)' --src '$(SRC)' --portals '$(PORTALS)' $(if $(findstring command,$(origin HOSTS)),$(if $(HOSTS),--hosts '$(HOSTS)'))

transform: $(HANDS) ## archive -> Parquet; only what is new or whose code changed
	@$(TRANSFORM)

warehouse: $(READY) ## Parquet -> DATA/warehouse.duckdb; readers are never disturbed
	@$(PY) -m warehouse.build --data '$(DATA)'

# status 3: some archive files are set aside; the rest is built all the same
rebuild: $(HANDS) ## transform and warehouse from the archive alone, from nothing
	@status=0; $(TRANSFORM) --anew || status=$$?; test $$status = 0 -o $$status = 3 || exit $$status; \
	$(PY) -m warehouse.build --data '$(DATA)'; exit $$status

query: $(READY) ## read-only SQL on the warehouse, as a table (SQL="select ...")
	@$(PY) -m warehouse.query --data '$(DATA)' --sql "$$SQL"
export SQL

# from the command line alone: some systems have a NAME of their own in the environment
recipe: $(READY) ## a question from the cookbook (NAME=05 or part of its name; without: the list)
	@$(PY) -m warehouse.cookbook --data '$(DATA)' --name '$(if $(findstring command,$(origin NAME)),$(NAME))'

evidence: $(READY) ## from a figure back to the page and the archived bytes (ID=indicator_id)
	@$(PY) -m warehouse.evidence --data '$(DATA)' --id "$$ID"
export ID

check: $(READY) ## data-quality tests on the warehouse, a line each; fails if one does
	@$(PY) -m warehouse.check --data '$(DATA)'

report: $(READY) ## the static site of the warehouse, opens from a folder (OUT= folder for it)
	@test -n "$(OUT)" || { echo "error: say where the site goes: make report OUT=site" >&2; exit 1; }
	@$(PY) -m website.run --data '$(DATA)' --out '$(OUT)'

export: $(READY) ## every table as CSV, Stata and Parquet (OUT= folder)
	@test -n "$(OUT)" || { echo "error: say where to: make export OUT=folder" >&2; exit 1; }
	@$(PY) -m warehouse.export --data '$(DATA)' --out '$(OUT)'

# what is certified is made from the archive as it lies: both find nothing to do where that is so
release: $(HANDS) ## a dated folder of the tables that never changes, with its rebuild certificate (OUT= folder)
	@test -n "$(OUT)" || { echo "error: say where to: make release OUT=folder" >&2; exit 1; }
	@$(TRANSFORM)
	@$(PY) -m warehouse.build --data '$(DATA)'
	@$(PY) -m warehouse.release --data '$(DATA)' --out '$(OUT)'

diff: $(READY) ## what changed from release A to release B, in words (A= B= folders; JSON=1: all of it, for machines)
	@test -n "$(A)" && test -n "$(B)" || { echo "error: say which releases: make diff A=folder B=folder" >&2; exit 1; }
	@$(PY) -m warehouse.diff '$(A)' '$(B)' $(if $(JSON),--json)

portals: $(READY) ## rebuild the registry from its sources, print what could not be joined
	@$(PY) -m crawler.build_portals

triage: $(READY) ## what list rows alone tell: JSON lines in, JSON lines out (SRC=links.jsonl)
	@test -n "$(SRC)" || { echo "error: say what to read: make triage SRC=links.jsonl" >&2; exit 1; }
	@$(PY) -m crawler.triage --src '$(SRC)' --portals '$(PORTALS)'

extract: $(READY) ## main text of HTML and text files, a JSON line each (SRC= folder or file)
	@test -n "$(SRC)" || { echo "error: say what to read: make extract SRC=folder" >&2; exit 1; }
	@$(PY) -m transform.extract_files --src '$(SRC)'

explain: $(READY) ## where the rules of an indicator fire, sentence by sentence (SRC= file or folder, CODE=, YEAR=)
	@test -n "$(SRC)" || { echo "error: say what to read: make explain SRC=folder CODE=indicator_code" >&2; exit 1; }
	@$(PY) -m transform.explain --src '$(SRC)' $(if $(CODE),--code '$(CODE)') $(if $(YEAR),--year '$(YEAR)')

# ---------------------------------------------------------------- for those who change it

test: $(READY) ## the test suite
	@$(PY) -m pytest -n auto --dist loadfile

test-slow: $(READY) $(CLUSTER) $(VENV)/.cluster-test $(VENV)/.fuzz ## what takes longer: kill points, damaged files, bounded fuzzing, a cluster of two nodes; prints its figures
	@$(PY) -m pytest -m slow
	@$(PY) -m tests.fuzz --seconds 15

fuzz: $(READY) $(VENV)/.fuzz ## fuzzing for as long as wanted (SECONDS= for each of eight targets, SEED=), then EXAMPLES= inputs for each property
	@$(PY) -m tests.fuzz --seconds '$(or $(SECONDS),600)' --seed '$(or $(SEED),1)'
	@EXAMPLES='$(or $(EXAMPLES),500)' $(PY) -m pytest tests/test_properties.py

audit: $(READY) ## known vulnerabilities among the pinned requirements; says so where nobody can be asked
	@$(PY) -m tests.audit

lint: $(READY) ## formatter, linter, types
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

bench: $(READY) ## speed and quality beside the usual tools, as ratios in one table; figures per indicator (REAL= folder of pages with true text, TEXTS= of reports' texts)
	@$(PY) -m tests.bench --real '$(REAL)' --texts '$(TEXTS)'
	@$(PY) -m tests.figure_gold
	@$(PY) -m tests.bench_website

bench-scale: $(READY) ## the curve: a load of invented pages, 1,000, 10,000 … N of them (N=100000), from nothing (half an hour of two cores)
	@$(PY) -m tests.bench_scale --pages '$(or $(N),100000)' --jobs '$(JOBS)'

# written beside and moved: what fails leaves the old page
docs: $(READY) $(SAMPLE)/raw/.crawled ## write docs/tables.md from the descriptions, docs/cookbook.md from the recipes and the sample, codebook and accuracy
	@$(PY) -m transform.run --data '$(SAMPLE)' --jobs '$(JOBS)'
	@$(PY) -m warehouse.build --data '$(SAMPLE)'
	@$(PY) -m warehouse.dictionary > docs/.new && mv docs/.new docs/tables.md
	@$(PY) -m warehouse.cookbook --data '$(SAMPLE)' --markdown > docs/.new && mv docs/.new docs/cookbook.md
	@$(PY) -m tests.accuracy --codebook > docs/.new && mv docs/.new docs/codebook.md
	@$(PY) -m tests.accuracy > docs/.new && mv docs/.new docs/accuracy.md
