# `make demo` and `make test` need Python 3.11+ and a Debian or Ubuntu where root or sudo may install packages.
SHELL := bash
PY := .venv/bin/python
MEMBERS := $(wildcard libs/* services/*)

.PHONY: setup up down status demo test bench contracts lint types requirements train-unet style clean

setup: .venv/.synced ## the workspace environment and the backing servers
	@$(PY) -m stack install

.venv/.synced: requirements/dev.txt $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@scripts/bootstrap
	@touch $@

up: setup ## backing servers and the five services; data stays over restarts
	@$(PY) -m stack.platform up

down: ## stops everything that `up` or `demo` started
	@$(PY) -m stack.platform down

status:
	@$(PY) -m stack status

demo: setup ## the whole job with progress bars; DATA=<folder> for real imagery
	@$(PY) -m stack.demo $(if $(DATA),--data $(DATA))

test: setup ## every test, on real servers
	@scripts/test

bench: setup ## the figures of docs/bench.md as a table and as .fairway/bench.json
	@$(PY) -m stack.bench

contracts: .venv/.synced ## rewrites schemas, AsyncAPI, OpenAPI, docs/topology.md, docs/fair-coverage.md
	@$(PY) -m tests.contracts.generate

lint: .venv/.synced
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/lint-imports --no-cache

types: .venv/.synced
	@.venv/bin/pyright

requirements: ## pinned, hashed exports; needs uv
	@scripts/requirements

train-unet: setup ## the U-Net without servers: DATA=<folder> [MINUTES=20] [HOLDOUT=386693]
	@scripts/torch
	@$(PY) -m models.unet.train_local $(if $(DATA),--data $(DATA)) $(if $(HOLDOUT),--holdout $(HOLDOUT)) --minutes $(or $(MINUTES),20)

style: .venv/.synced ## sizes of functions and modules
	@$(PY) -m tests.architecture.sizes

clean: down
	rm -rf .fairway .venv
