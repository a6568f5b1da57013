# Skein's commands. Each does all of its own set-up on a bare Debian 12 with a Swift toolchain.
.DEFAULT_GOAL := help
.PHONY: help setup build up down drill test soak membership lint bench clean

LAB ?= .lab/testbed.py
RATE ?= 100
RELEASE := swift build --configuration release --static-swift-stdlib --scratch-path .build-release --product skein

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the Debian packages that building and testing need
	@Scripts/install-packages

build: setup ## build the release executable: bin/skein
	@$(RELEASE)
	@mkdir -p bin && install -m 755 "$$($(RELEASE) --show-bin-path)/skein" bin/skein && strip bin/skein
	@bin/skein version

up: build ## boot a lab of real hosts on this machine and deploy a highly available installation on it
	@bin/skein lab up
	@bin/skein up $(LAB) --yes
	@printf '\nWritten here: openrc, clouds.yaml, $(LAB). Reachable from this machine:\n'
	@bin/skein lab status | grep -E '^(console|neutron|config|status|keystone):' | sed 's/^/  /'
	@printf 'Try next:\n'
	@printf '  %s\n' 'bin/skein lab shell client -- openstack network create first' \
	    'bin/skein status $(LAB)' 'bin/skein drill $(LAB) kill-controller' 'make down'

down: ## remove the lab and everything it left on this machine
	@if [ -x bin/skein ]; then bin/skein lab down; else echo "nothing to do: bin/skein has not been built"; fi

drill: ## inject every fault into the lab's installation, print what clients saw, write drill-report/
	@mkdir -p drill-report
	@bin/skein drill $(LAB) --rate $(RATE) $(patsubst %,--output drill-report/drill.%,html xml json)

test: setup ## lint, unit tests, tests against real engines, and the installation's tests on a lab
	@Scripts/test

soak: setup ## search for faults by simulation: SECONDS_TO_RUN=3600 SEED=1 make soak
	@Scripts/soak

membership: build ## grow, shrink and move an installation in a lab under load: 1 to 3 to 5 to 3 controllers
	@Scripts/test-membership

lint: ## check the sources' format
	@swift format lint --strict --recursive Sources Tests Package.swift

bench: build ## measure and print the figures of docs/operations.md
	@Scripts/bench

clean: ## remove what was built
	@rm -rf .build .build-release bin
