# make demo      eight weeks of a real shop's trade through the service, from nothing
# make test      the tests and checks, but for what takes longer: make torture, make sabotages
# make torture   trade while stores and servers die, and check every promise; then the crash table: SEEDS=5 SECONDS=60 ROUNDS=3
# make sabotages takes one rule of the protocol away after the other, and lets torture find it: about ten minutes
# make clients   the C client for tills: a static library and an example, in .build-clients
# make fuzz      a reader of bytes from outside under libFuzzer: TARGET=frame SECONDS=60
# make dev       a server of your own on 127.0.0.1:7411, with sample data; Ctrl-C stops it
.PHONY: demo test torture sabotages fuzz clients dev build install format lint generate clean help
.DEFAULT_GOAL := help

RELEASE := .build-release
HOLDFAST := $(RELEASE)/release/holdfast

help:
	@sed -n 's/^# make/make/p' Makefile

# What to install before a build: `build` leaves the stores out.
INSTALL ?= run
# Such as --static-swift-stdlib, for a program that runs where there is no Swift.
SWIFT_BUILD_FLAGS ?=

install:
	@dev/install.sh $(INSTALL)

# Release builds have a folder of their own, so that they and the tests do not undo each other's work.
build: install
	swift build -c release --scratch-path $(RELEASE) $(SWIFT_BUILD_FLAGS) --product holdfast

demo: build
	@dev/demo.sh $(HOLDFAST)

dev: build
	$(HOLDFAST) dev

# Seeds 1 to SEEDS, one after the other; the first run that breaks a promise ends it. Then each row of the crash table,
# ROUNDS times, in a debug build: only such a one can be stopped at every step.
torture: build
	@for seed in $$(seq 1 $(or $(SEEDS),5)); do \
		$(HOLDFAST) torture --keep --seed $$seed --seconds $(or $(SECONDS),60) || exit 1; \
	done
	@dev/install.sh test
	@dev/crash-table.sh $(or $(ROUNDS),3)

# A debug build: only such a one has weaknesses to choose from.
sabotages:
	@dev/install.sh test
	swift build --product holdfast
	@dev/sabotages.sh

clients:
	@dev/install.sh clients
	@$(MAKE) -s --no-print-directory -C Sources/CHoldfast
	@echo "built .build-clients/lib/libcholdfast.a and .build-clients/bin/pos-terminal"

test:
	@dev/install.sh test
	@dev/test.sh

fuzz:
	@dev/install.sh test
	Fuzzing/fuzz.sh $(or $(TARGET),frame) $(or $(SECONDS),60)

format:
	swift format --in-place --recursive Sources Tests examples/swift Fuzzing/Sources/FuzzDriver Fuzzing/Package.swift Package.swift

lint:
	swift format lint --strict --recursive Sources Tests examples/swift Fuzzing/Sources/FuzzDriver Fuzzing/Package.swift Package.swift

generate:
	@dev/install.sh test
	dev/generate.sh
	dev/generate-c.sh
	HOLDFAST_WRITE_DOCS=1 swift test --filter '^DomainTests\.LifecyclePageTests'

# Removes what was built, never the data of a server.
clean:
	rm -rf .build .build-fuzzing $(RELEASE) .build-clients Tests/ProtocolModel/.build
