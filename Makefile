# Everything the project needs is made here: a Python environment from lock files, checked by hash; the rest by `goals`.
# The stamps in .venv are older than a lock file that has changed; otherwise nothing is installed and nothing asked.

PYTHON ?= python3
SECONDS ?= 600
VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/uv/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
NEO4J ?= $(shell sed -n 's/^org.neo4j:neo4j:\([^ ]*\) .*/\1/p' graph/neo4j.lock)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test soak lint docs bench lock lock-neo4j clean

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(VENV)/run.stamp $(VENV)/checkout.stamp ## Start Neo4j and the API with demo data on http://127.0.0.1:8000
	@$(BIN)/goals serve --demo

# Each process of the tests has a Neo4j of its own; a server named for them serves one process.
WORKERS ?= $(if $(GOALGRAPH_TEST_NEO4J_URI),0,2)

test: $(VENV)/dev.stamp $(VENV)/checkout.stamp ## Run all tests on Neo4j servers started for them (ARGS="-k name" for some)
	@$(BIN)/python -m pytest tests -n $(WORKERS) --dist loadfile --cov $(ARGS)

SOAKED := tests/test_policy.py::test_each_path_shows_each_viewer_what_the_policy_says \
  tests/test_leaks.py::test_two_graphs_that_differ_in_what_is_hidden_give_the_same_answers \
  tests/graph/test_live_totals.py \
  tests/api/test_live_concurrency.py \
  tests/api/test_live_crashes.py
soak: $(VENV)/dev.stamp $(VENV)/checkout.stamp ## Try visibility and totals at random, each for SECONDS=600 (SEED=n: from there; ONLY=tests)
	@GOALGRAPH_SOAK_SECONDS=$(SECONDS) $(if $(SEED),GOALGRAPH_SOAK_SEED=$(SEED)) $(BIN)/python -m pytest $(or $(ONLY),$(SOAKED))

lint: $(VENV)/dev.stamp $(VENV)/checkout.stamp ## Check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

docs: $(VENV)/run.stamp $(VENV)/checkout.stamp ## Write the generated parts of the docs anew: settings, codes
	@$(BIN)/python -m api.reference

bench: $(VENV)/dev.stamp $(VENV)/checkout.stamp ## Run the benchmarks, or one of them (ONLY=name)
	@$(BIN)/python -m tests.benchmarks $(ONLY)

lock: $(VENV)/uv.stamp ## Write the Python lock files anew for pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) pyproject.toml --group build -o requirements.lock
	$(COMPILE) $(UPGRADE) -c requirements.lock pyproject.toml --group build --group dev --group bench -o requirements-dev.lock
	echo uv | $(COMPILE) $(UPGRADE) - -o requirements-uv.lock

lock-neo4j: $(VENV)/run.stamp $(VENV)/checkout.stamp ## Write graph/neo4j.lock anew with Maven (NEO4J=version)
	@mkdir -p build
	@printf '%s\n' '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' \
	  '<groupId>lock</groupId><artifactId>lock</artifactId><version>1</version><dependencies><dependency>' \
	  '<groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>$(NEO4J)</version>' \
	  '</dependency></dependencies></project>' > build/pom.xml
	mvn --quiet --file build/pom.xml dependency:build-classpath -Dmdep.outputFile=classpath
	$(BIN)/python -m graph.distribution build/classpath graph/neo4j.lock

clean: ## Delete the environment and caches; the data in .goalgraph stay
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Goalgraph needs Python 3.11 or newer as '$(PYTHON)'. Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "'$(PYTHON)' has no venv module. Install it (on Debian and Ubuntu: the package python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

# uv installs five times faster than pip; where it cannot be had, pip does the same from the same locks.
$(VENV)/uv.stamp: requirements-uv.lock | $(BIN)/python
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --upgrade --require-hashes --only-binary :all: \
	  --target $(VENV)/uv -r requirements-uv.lock || echo "uv could not be installed: pip will do." >&2
	@touch $@

define install
@if [ -x $(UV) ] && $(UV) pip install --python $(BIN)/python --require-hashes --no-deps --no-build -r $(1); then :; else \
  $(BIN)/python -m pip install --disable-pip-version-check --require-hashes --no-deps --only-binary :all: --no-compile \
    -r $(1); fi
endef

$(VENV)/run.stamp: requirements.lock $(VENV)/uv.stamp
	$(call install,requirements.lock)
	@touch $@

# What tests need holds what running needs: after `make test`, `make serve` installs nothing.
$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/uv.stamp
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/run.stamp

$(VENV)/checkout.stamp: pyproject.toml | $(VENV)/uv.stamp
	@if [ -x $(UV) ] && $(UV) pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation -e .; \
	  then :; else $(BIN)/python -m pip install --quiet --no-index --no-deps --no-build-isolation -e .; fi
	@touch $@
