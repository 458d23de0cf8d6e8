# `make demo` and `make test` need git, Python 3.11 or 3.12, and a Debian or Ubuntu where root or sudo may install packages.
SHELL := bash
PY := .venv/bin/python
MEMBERS := $(wildcard libs/* services/*)

.PHONY: setup up down up-images down-images status demo loop test soak upgrade bench console contracts images lint types requirements train-unet style clean

setup: .venv/.synced ## the workspace environment and the backing servers
	@$(PY) -m stack install

.venv/.synced: requirements/dev.txt $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@scripts/bootstrap
	@touch $@

up: setup ## backing servers and the five services; data stays over restarts
	@$(PY) -m stack.platform up

down: ## stops everything that `up` or `demo` started
	@$(PY) -m stack.platform down

up-images: ## everything as containers from images, on one machine (deploy/compose.yaml); data stay over restarts
	@scripts/compose up

down-images:
	@scripts/compose down
	@home=$${FAIRWAY_HOME:-.fairway}/images; [ ! -d $$home ] || FAIRWAY_HOME=$$home $(PY) -m stack down

status:
	@$(PY) -m stack status

demo: setup ## the whole job with progress bars; DATA=<folder> for real imagery; IMAGES=1 on containers
	@$(PY) -m stack.demo $(if $(DATA),--data $(DATA)) $(if $(IMAGES),--images)

loop: setup ## few labels, a model, its predictions corrected by a labeller, a better model; DATA=<folder>
	@$(PY) -m stack.loop $(if $(DATA),--data $(DATA))

test: ## every test, on real servers, in an environment that takes nothing from this machine by chance
	@scripts/clean_environment $(MAKE) --no-print-directory setup
	@scripts/clean_environment scripts/test

soak: setup ## outages of minutes, full disks, a backup restored, over an hour: PART=<module of tests/soak without test_>
	@FAIRWAY_HOME=$${FAIRWAY_HOME:-$(CURDIR)/.fairway/soak} $(PY) -m pytest -sv tests/soak$(if $(PART),/test_$(PART).py)

upgrade: setup ## a release takes the place of another and the way back, as containers under load, a quarter of an hour
	@scripts/containers_run && FAIRWAY_REQUIRE_CONTAINERS=1 $(PY) -m pytest -sv tests/upgrade

bench: setup ## the figures of docs/bench.md as a table and as .fairway/bench.json
	@$(PY) -m stack.bench

console: .venv/.synced ## the web console, into console/dist
	@scripts/step "Building the web console" scripts/console

contracts: .venv/.synced ## rewrites schemas, AsyncAPI, OpenAPI, docs/topology.md, docs/fair-coverage.md
	@$(PY) -m tests.contracts.generate

images: ## the images of the services and of the model runner; TAG=<version>
	@TAG=$(TAG) scripts/images

lint: .venv/.synced ## the console as well, once it was built here
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/lint-imports --no-cache
	@[ ! -d console/node_modules ] || scripts/console check

types: .venv/.synced
	@.venv/bin/pyright

requirements: ## pinned, hashed exports; UPGRADE=1 takes newer versions, UPGRADE=<name> of one package
	@scripts/requirements $(if $(UPGRADE),--upgrade$(if $(filter-out 1,$(UPGRADE)),=$(UPGRADE)))

train-unet: setup ## the U-Net without servers: DATA=<folder> [MODEL=box_unet] [MINUTES=20] [HOLDOUT=386693] [WEIGHTS=<checkpoint>]
	@scripts/torch
	@$(PY) -m geoml.local_training models.$(or $(MODEL),unet) --epochs 500 $(if $(DATA),--data $(DATA)) $(if $(HOLDOUT),--holdout $(HOLDOUT)) $(if $(WEIGHTS),--weights $(WEIGHTS)) --minutes $(or $(MINUTES),20)

style: .venv/.synced ## sizes of functions and modules
	@$(PY) -m tests.architecture.sizes

clean: down
	rm -rf .fairway .venv
