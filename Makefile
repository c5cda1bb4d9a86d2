# Everything a developer or a night does, by name. Needs Python 3.11+, make and git; `make` alone lists the targets.

BIN := .venv/bin
RUN_READY := .venv/.ready-to-run
DEV_READY := .venv/.ready-to-develop
BENCH_READY := .venv/.ready-to-bench
LANDING := data/landing
DAGSTER_HOME := $(CURDIR)/data/dagster

.DEFAULT_GOAL := help
.PHONY: help run ui test explore check format bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN_READY) ## write the sample extracts if nothing has landed, and run the night: ingest, compute, publish
	@find $(LANDING) -type f ! -name '.*' 2>/dev/null | grep -q . || $(BIN)/finops sample --out $(LANDING)
	@$(BIN)/finops run

ui: $(RUN_READY) ## open Dagster's web interface with its daemon: lineage, checks, schedules
	@mkdir -p '$(DAGSTER_HOME)' && cp dagster.yaml '$(DAGSTER_HOME)/dagster.yaml'
	@DAGSTER_HOME='$(DAGSTER_HOME)' $(BIN)/dagster dev --workspace workspace.yaml

test: $(DEV_READY) ## all tests; finance/ and contracts/ must be covered branch by branch
	@scripts/install-system-packages.sh
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing

explore: $(DEV_READY) ## try the properties on fresh random examples; repeat it to find rare ones
	@HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest --numprocesses 2 --no-cov -m hypothesis finops_pipeline_tests

check: $(DEV_READY) ## format, lint, types, imports, generated documents, definitions
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m finops_pipeline.contracts.dictionary --check
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && cp dagster.yaml "$$home" && \
		DAGSTER_HOME="$$home" PYTHONWARNINGS=ignore $(BIN)/dagster definitions validate --workspace workspace.yaml --log-level warning

format: $(DEV_READY) ## put every file into its format
	@$(BIN)/ruff format --quiet
	@$(BIN)/ruff check --fix --quiet

bench: $(BENCH_READY) ## measure speed and accuracy against plain pandas, plain SQL and published forecasts
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

clean: ## remove the environment and everything generated except data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made again only when what it is made from changes.
$(RUN_READY): pyproject.toml constraints.txt
	@scripts/prepare.sh $@ postgres

$(DEV_READY): pyproject.toml constraints.txt
	@scripts/prepare.sh $@ dev && touch $(RUN_READY)

$(BENCH_READY): pyproject.toml constraints.txt
	@scripts/prepare.sh $@ dev,bench && touch $(DEV_READY) $(RUN_READY)
