# outring: every command a newcomer needs. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready-$(shell cat requirements.lock pyproject.toml | sha256sum | cut -c1-16)
RECIPE := $(wildcard sip/build/* sip/native/*)
CHECKED := engine sip ccxml vxml tests
SECONDS := 60
SEED := 1
MINUTES := 30
REQUESTS := 100000
MIX := mixed
NODES := 0
WORKERS := $(shell nproc)
PAGE := docs/benchmarks.md
QUICK := tests/ccxml tests/vxml tests/sip tests/test_architecture.py $(addprefix tests/engine/, \
    administration admission config dialogs model monitoring platform records tasks telemetry)
OFFER = $(if $(AT_ONCE),--at-once $(AT_ONCE),--rate $(or $(RATE),300))

.PHONY: help setup setup-run setup-test demo run test test-quick lab lab-test load endurance fuzz bench bench-ccxml bench-vxml \
    fuzz-http callprogress packages packages-test image manifests third-party screenshot docs clients check format lock clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: setup-run setup-test .venv/.clients .venv/.streams ## Install everything that running and testing need

setup-run: $(READY) .venv/.pjsua2

setup-test:
	@PYTHON=$(PYTHON) sh sip/build/debian.sh tests/debian-packages.txt

$(READY): requirements.lock pyproject.toml
	@PYTHON=$(PYTHON) sh sip/build/debian.sh sip/build/debian-packages.txt
	@echo "installing Python packages into .venv, which takes a minute or two"
	@$(PYTHON) -m venv .venv
	@rm -f .venv/.ready-* .venv/.pjsua2
	@for attempt in 1 2 3 4; do \
	    $(BIN)/pip --quiet --disable-pip-version-check install --retries 5 \
	        --require-hashes -r requirements.lock && break; \
	    [ $$attempt = 4 ] && exit 1; \
	    echo "pip failed, trying again ($$attempt of 4)"; sleep $$((attempt * 3)); \
	done
	@$(BIN)/pip --disable-pip-version-check install --no-deps --no-build-isolation -e . \
	    > .venv/install.log 2>&1 || { cat .venv/install.log; exit 1; }
	@touch $@

.venv/.pjsua2: $(READY) $(RECIPE)
	@$(BIN)/python sip/build/recipe.py
	@touch $@

# npm comes with Node of other sources; Debian has it as a package of its own.
.venv/.clients: $(READY) $(wildcard clients/generator/*) clients/typescript/package-lock.json
	@command -v npm > /dev/null || PYTHON=$(PYTHON) sh sip/build/debian.sh clients/generator/debian-packages.txt
	@echo "installing what generates and tests the clients"
	@$(PYTHON) -m venv --clear .venv/clients
	@for attempt in 1 2 3 4; do \
	    .venv/clients/bin/pip --quiet --disable-pip-version-check install --retries 5 \
	        --require-hashes -r clients/generator/requirements.lock && \
	    npm ci --silent --ignore-scripts --no-audit --no-fund --prefix clients/typescript && break; \
	    [ $$attempt = 4 ] && exit 1; \
	    echo "pip or npm failed, trying again ($$attempt of 4)"; sleep $$((attempt * 3)); \
	done
	@touch $@

# pipecat without what only its models need, which would be three times as much.
.venv/.streams: $(READY) tests/docs/pipecat/requirements.lock docs/examples/streams/package-lock.json
	@command -v npm > /dev/null || PYTHON=$(PYTHON) sh sip/build/debian.sh clients/generator/debian-packages.txt
	@echo "installing what the examples of audio streams need"
	@$(PYTHON) -m venv --clear .venv/pipecat
	@mkdir -p .venv/openai
	@cp docs/examples/streams/package.json docs/examples/streams/package-lock.json .venv/openai
	@for attempt in 1 2 3 4; do \
	    .venv/pipecat/bin/pip --quiet --disable-pip-version-check install --retries 5 \
	        --no-deps --require-hashes -r tests/docs/pipecat/requirements.lock && \
	    npm ci --silent --ignore-scripts --no-audit --no-fund --prefix .venv/openai && break; \
	    [ $$attempt = 4 ] && exit 1; \
	    echo "pip or npm failed, trying again ($$attempt of 4)"; sleep $$((attempt * 3)); \
	done
	@touch $@

clients: setup-run .venv/.clients ## Generate the clients anew from the OpenAPI description
	@$(BIN)/python -m clients.generate

demo: setup-run ## Place two real calls on loopback and show them; FULL=1: every message
	@$(BIN)/outring demo $(if $(FULL),--full)

run: setup-run ## Serve in the foreground
	@$(BIN)/outring serve

# Each process of the tests would compile the program anew, and each worker its tests.
unexport PYTHONDONTWRITEBYTECODE

# A machine that stalls breaks sound and other people's time-outs: what has failed beside other
# tests is run once more by itself, and fails for good if it fails again.
AGAIN := $(BIN)/pytest --last-failed --last-failed-no-failures none

# Most tests wait for timers and other processes: two share a core. So do those with sound, but
# with no test that computes. Loads need a core each.
PARALLEL := $(BIN)/pytest --dist loadfile --no-loadscope-reorder

test: setup ## Run all tests: most share a core, then those with sound, and those that need one each
	@$(PARALLEL) -n $$((2 * $(WORKERS))) -m "not load and not alone and not sound" || $(AGAIN)
	@$(PARALLEL) -n $$((2 * $(WORKERS))) -m sound || $(AGAIN)
	@$(PARALLEL) -n $(WORKERS) -m "load or alone" || $(AGAIN)

test-quick: setup ## Run the pure parts and one call, in less than a minute on two cores
	@$(BIN)/pytest -q -n $(WORKERS) -m "not sipp and not load and not alone and not sound and not slow" $(QUICK)
	@$(BIN)/pytest -q tests/sipp/test_answers.py::test_plain_answer

lab: ## Start the lab on Docker: front end, two nodes, and whom they call
	@sh lab/lab.sh up

lab-test: setup ## Start the lab, place calls, look at everything, and end it
	@sh lab/lab.sh test || [ $$? -eq 77 ]

bench-ccxml: setup ## Measure what a CCXML session costs on this machine
	@$(BIN)/python -m tests.load.ccxml_sessions

bench-vxml: setup ## Measure 300 VoiceXML dialogs at once on this machine
	@$(BIN)/python -m tests.load.voicexml_dialogs

load: setup ## Put a load on it: RATE=300 (or AT_ONCE=64) SECONDS=60 MIX=mixed NODES=0
	@$(BIN)/python -m tests.load $(OFFER) --seconds $(SECONDS) --mix $(MIX) --nodes $(NODES)

endurance: setup ## The same for long: RATE=200 MINUTES=30 MIX=mixed NODES=0
	@$(BIN)/python -m tests.load --rate $(or $(RATE),200) --seconds $$(($(MINUTES) * 60)) \
	    --mix $(MIX) --nodes $(NODES)

fuzz: setup ## Send it what no far end should: SECONDS=60 SEED=1; SANITIZE=1: a build that checks itself
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED) $(if $(SANITIZE),--sanitize)

bench: setup ## Measure the performance budget into docs/benchmarks.md; QUICK=1: shortly, only shown
	@$(BIN)/python -m tests.load.bench $(if $(QUICK),--quick,--page $(PAGE))

fuzz-http: setup ## Send it what nobody should, and see that nothing comes of it: REQUESTS=100000
	@$(BIN)/python -m tests.load.http_fuzz --requests $(REQUESTS)

callprogress: setup ## Print how well people, machines and faxes are told apart
	@$(BIN)/python -m tests.callprogress

.venv/.packages: packaging/requirements.lock $(READY)
	@$(BIN)/pip --quiet --disable-pip-version-check install --retries 5 \
	    --require-hashes -r packaging/requirements.lock
	@touch $@

packages: setup-run .venv/.packages .venv/.clients ## Build wheels, Debian packages, clients and sources into dist/
	@$(BIN)/python packaging/build_wheels.py
	@$(BIN)/python packaging/build_clients.py
	@$(BIN)/python packaging/build_debian.py
	@$(BIN)/python packaging/collect_sources.py

packages-test: packages ## Install the packages in bare systems, run the image, and call from there; needs root
	@PYTHON=$(PYTHON) sh sip/build/debian.sh packaging/debian-packages.txt
	@$(BIN)/pytest tests/packaging/on_debian.py
	@sh packaging/image.sh test || [ $$? -eq 77 ]
	@sh packaging/helm.sh check

image: packages ## Build the image of the Debian package, on Docker
	@sh packaging/image.sh build

manifests: ## Write the manifests for Kubernetes of the chart
	@sh packaging/helm.sh render

third-party: setup-run ## Write THIRD-PARTY.md anew
	@$(BIN)/python packaging/third_party.py

screenshot: setup ## Make the README's picture of the live page; takes five minutes
	@$(BIN)/python -m tests.engine.http.page.screenshot

docs: setup-run ## Build the site of docs/ into build/site, and check its links
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

check: setup ## Format, lint and type checks
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: setup ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

LOCK := $(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-emit-index-url \
    --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe

# What only pipecat's models need.
WITHOUT := $(addprefix --unsafe-package ,numba llvmlite resampy onnxruntime flatbuffers openai jiter httpx2 httpcore2 \
    truststore soundfile cffi pycparser)

lock: ## Write all files of pinned packages anew
	@$(LOCK) --extra dev --extra docs -o requirements.lock pyproject.toml
	@$(LOCK) -o packaging/requirements.lock packaging/requirements.in
	@$(LOCK) -o clients/generator/requirements.lock clients/generator/requirements.in
	@$(filter-out --allow-unsafe,$(LOCK)) $(WITHOUT) -o tests/docs/pipecat/requirements.lock \
	    tests/docs/pipecat/requirements.in
	@npm update --silent --package-lock-only --prefix clients/typescript
	@npm update --silent --package-lock-only --prefix docs/examples/streams

clean: ## Remove what was set up here; the cached build of pjsua2 stays
	rm -rf .venv clients/typescript/node_modules clients/typescript/dist dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
