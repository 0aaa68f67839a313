# One door to everything that builds, checks or shows the project. `make` alone lists the verbs.

SHELL := /bin/bash
.DEFAULT_GOAL := help

SWIFT ?= swift
PREFIX ?= /usr/local
SECONDS_EACH ?= 30
FORMATTED := Package.swift $(wildcard Sources Tests Benchmarks Fuzz)

# A target that imports what it did not declare does not build.
BUILD_FLAGS := --explicit-target-dependency-import-check error
TESTS := deployment/setup/run-tests.sh

.PHONY: help
help: ## lists the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## installs what is missing on Debian or Ubuntu; says what it installs
	@deployment/setup/install.sh

.PHONY: build
build: ## builds everything, with undeclared imports as errors
	$(SWIFT) build --build-tests $(BUILD_FLAGS)

.PHONY: test
test: setup build static ## installs, builds and runs every test, sshd's and container's included
	@$(TESTS)

.PHONY: unit
unit: ## runs all tests but the integration tests
	@$(TESTS) --skip TandemIntegrationTests

.PHONY: integration
integration: ## runs the tests with a real sshd and with a container
	@$(TESTS) --filter TandemIntegrationTests

.PHONY: only
only: ## runs the tests that match FILTER=, and fails when none does
	@$(TESTS) --filter '$(FILTER)'

.PHONY: lint
lint: ## checks the formatting of every Swift file and the syntax of every script
	$(SWIFT) format lint --strict -r -p $(FORMATTED)
	@find deployment Benchmarks .ci -type f \( -name '*.sh' -o -name run \) -print0 | xargs -0 -n1 bash -n

.PHONY: format
format: ## formats every Swift file in place
	$(SWIFT) format format -i -r -p $(FORMATTED)

.PHONY: demo
demo: setup ## shows a pair at work: sshd, receiver, push, rename, conflict, verdict
	@deployment/demo/demo.sh

.PHONY: bench
bench: ## times a push beside rsync over the same sshd (FILES=, ROUNDS=)
	@Benchmarks/bench.sh

.PHONY: live-bench
live-bench: ## latency, CPU and memory of a pair kept in sync, beside peers (FILES="1000 50000 500000")
	@Benchmarks/live.sh

.PHONY: fuzz
fuzz: ## runs every decoder's fuzzer for SECONDS_EACH seconds
	@SECONDS_EACH=$(SECONDS_EACH) deployment/setup/fuzz.sh

.PHONY: watch-figures
watch-figures: ## prints what watching 50,000 directories costs, optimised (minutes)
	@TANDEM_TESTS=TandemFilesTests $(SWIFT) build -c release --build-tests -Xswiftc -enable-testing
	@TANDEM_TESTS=TandemFilesTests TANDEM_FIGURES=1 $(SWIFT) test -c release --skip-build \
		--disable-xctest --filter WatchFigures

.PHONY: proof-kill
proof-kill: ## kills laptop, receiver and sshd at random for ROUNDS rounds, from SEED
	@KILL_ROUNDS=$${ROUNDS:-200} KILL_SEED=$${SEED:-1} $(TESTS) --filter KillStormTests

.PHONY: proof-link
proof-link: ## cuts a live pair's link and kills its programs ROUNDS times each, from SEED
	@LINK_KILLS=$${ROUNDS:-100} LINK_ROUNDS=$${ROUNDS:-100} LINK_BLOCKED=60 LINK_SEED=$${SEED:-1} \
		$(TESTS) --filter 'LinkLifeTests|LiveKillTests'

.PHONY: proof-restore
proof-restore: ## kills command, receiver, daemon, agent and sshd amid restores in place KILLS times, from SEED
	@RESTORE_KILLS=$${KILLS:-20} RESTORE_SEED=$${SEED:-1} $(TESTS) --filter 'RestoreKillTests|RestorePlaceTests'

# The proofs of the planner and of the simulation run as one program, in a release build.
PROOF = $(SWIFT) build -c release --product tandem-proof $(BUILD_FLAGS) && \
    "$$($(SWIFT) build -c release --show-bin-path)/tandem-proof"

.PHONY: proof-table
proof-table: ## compares reconcile with its table on every triple of small trees
	@$(PROOF) table STEP=$${STEP:-1}

.PHONY: proof-planner
proof-planner: ## STEPS random steps against the planner's promises from SEED, and six seeded bugs
	@$(PROOF) planner STEPS=$${STEPS:-5000000} SEED=$${SEED:-1}

.PHONY: proof-sim
proof-sim: ## RUNS simulated lives of a pair from SEED, 100 of them twice, and six seeded bugs
	@$(PROOF) sim RUNS=$${RUNS:-5000} SEED=$${SEED:-1}

.PHONY: proof-two-way
proof-two-way: ## two users, git, kills of sshd: the programs keep both sides (SECONDS=, SEED=, FILES=, OVER=process)
	@for program in tandem tandem-agent tandem-receiver; do \
	    $(SWIFT) build -c release --product $$program $(BUILD_FLAGS) || exit 1; \
	done
	@$(PROOF) two-way SECONDS=$(or $(SECONDS),1800) SEED=$${SEED:-1} FILES=$${FILES:-50000} OVER=$${OVER:-sshd}

.PHONY: proof-versions
proof-versions: ## the programs of another build, in BIN_OLD=, against this one's, over sshd
	@for product in tandem tandem-agent tandem-receiver tandem-proof; do \
	    $(SWIFT) build --product $$product $(BUILD_FLAGS) || exit 1; \
	done
	@"$$($(SWIFT) build --show-bin-path)/tandem-proof" versions BIN_OLD='$(BIN_OLD)'

.PHONY: tsan
tsan: ## runs the unit tests under the thread sanitizer
	@$(TESTS) --scratch-path .build-tsan --sanitize thread --skip TandemIntegrationTests

.PHONY: receiver-static
receiver-static: ## builds dist/tandem-receiver, which needs no library of the machine it runs on
	@deployment/receiver/build-static.sh

.PHONY: snapshot-static
snapshot-static: ## builds dist/tandem-snapshot, which needs no library of the machine it runs on
	@deployment/receiver/build-static.sh tandem-snapshot

.PHONY: snapshot-image
snapshot-image: snapshot-static ## builds the snapshot daemon's container image from the static binary
	@PROGRAM=snapshot deployment/receiver/build-image.sh

.PHONY: snapshot-bench
snapshot-bench: snapshot-static ## snapshots of a changing tree beside restic and borg (FILES=, COUNT=)
	@Benchmarks/snapshots.sh

.PHONY: proof-snapshots
proof-snapshots: ## kills takes and prunes at random KILLS times, from SEED, and verifies after each
	@SNAPSHOT_KILLS=$${KILLS:-200} SNAPSHOT_SEED=$${SEED:-1} $(TESTS) --filter SnapshotKillTests

.PHONY: image
image: receiver-static ## builds the receiver's container image from the static binary
	@deployment/receiver/build-image.sh

.PHONY: static
static: ## builds every daemon that runs in a container as one static file in dist/
	@deployment/receiver/build-static.sh tandem-receiver $(if $(wildcard deployment/snapshot),tandem-snapshot) tandem-manager

.PHONY: deploy
deploy: ## puts images and units of dist/ on HOST= over SSH, no registry; changes only what differs
	@deployment/setup/deploy.sh '$(HOST)' $(COMPONENTS)

.PHONY: vm-setup
vm-setup: ## installs what vm-test needs beside `make setup`, debootstrap and systemd-nspawn; needs root
	@deployment/setup/install.sh vm

.PHONY: vm-test
vm-test: vm-setup static ## deploys to a vm stand-in (systemd, Podman 5, sshd) and breaks it in every way; needs root
	@deployment/test-support/vm/vm-test.sh

.PHONY: units
units: ## checks the Quadlet units with Podman's own generator, where one can be had
	@deployment/setup/check-units.sh

.PHONY: keys
keys: ## writes a development key pair to keys/, readable by you alone
	@test -e keys/tandem_ed25519 || ssh-keygen -q -t ed25519 -N '' -C tandem-development -f keys/tandem_ed25519
	@chmod 600 keys/tandem_ed25519 && echo 'keys/tandem_ed25519'

.PHONY: completions
completions: ## writes shell completions to dist/completions
	@deployment/setup/completions.sh

.PHONY: install
install: ## installs release builds of tandem and its agent, and the static daemons that are there, under PREFIX
	$(SWIFT) build -c release --product tandem $(BUILD_FLAGS)
	$(SWIFT) build -c release --product tandem-agent $(BUILD_FLAGS)
	@for program in tandem tandem-agent; do \
	    install -v -D -m 755 "$$($(SWIFT) build -c release --show-bin-path)/$$program" '$(DESTDIR)$(PREFIX)'/bin/$$program; \
	done
	@for program in tandem-receiver tandem-snapshot tandem-manager; do \
	    test ! -x dist/$$program || install -v -D -m 755 dist/$$program '$(DESTDIR)$(PREFIX)'/libexec/tandem/$$program; \
	done

.PHONY: ci
ci: setup lint units test ## the whole check: lint, units, build, static receiver, all tests

.PHONY: clean
clean: ## removes what was built
	rm -rf .build .build-* dist
