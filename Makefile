# The front door: make help
# SPDX-License-Identifier: Apache-2.0
.DEFAULT_GOAL := help
.PHONY: help programs demo test acceptance bench install format check release fuzz clean

PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)

RELEASE = build/release
TEST = build/test
VEDETTE = $(RELEASE)/src/vedette

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## both intrusions played on a small fleet, and scanned
	@tools/install_packages build
	@$(MAKE) --no-print-directory release
	@tools/demo $(VEDETTE) out/demo

release: $(RELEASE)/build.ninja ## the hardened program in build/release/src/vedette
	@ninja -C $(RELEASE) -j $(JOBS) --quiet

programs: $(RELEASE)/build.ninja # the release with the programs of tests/ too
	@meson configure $(RELEASE) -Dtests=true
	@ninja -C $(RELEASE) -j $(JOBS) --quiet

test: ## everything under ASan and UBSan; ends with "N passed, N failed"
	@tools/install_packages build test
	@$(MAKE) --no-print-directory $(TEST)/build.ninja
	@ninja -C $(TEST) -j $(JOBS) --quiet
	@tools/run_tests --build $(TEST) --jobs $(JOBS)

acceptance: ## every promise whole, on real samples; resumable, prints a table
	@tools/install_packages build test bench acceptance
	@tools/install_peer
	@$(MAKE) --no-print-directory programs
	@tests/acceptance/run --build $(RELEASE)

bench: ## speed and memory, as ratios
	@tools/install_packages build test bench
	@tools/install_peer
	@$(MAKE) --no-print-directory programs
	@tests/bench/run --build $(RELEASE)

install: ## program, rules, man page, completion below PREFIX
	@tools/install_packages build
	@[ -f build/install/build.ninja ] || meson setup build/install -Dtests=false
	@meson configure build/install -Dprefix=$(PREFIX)
	@ninja -C build/install -j $(JOBS) --quiet
	@DESTDIR=$(DESTDIR) meson install -C build/install --no-rebuild --quiet

format: ## clang-format over all sources
	@git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' | xargs -0 clang-format -i

check: ## layers, style, format; hardening of the release when it is built
	@tools/check_layers
	@tools/check_style
	@[ ! -x $(VEDETTE) ] || tools/check_hardening $(VEDETTE)

fuzz: ## fuzz targets with libFuzzer (clang) in build/fuzz/tests/fuzz
	@tools/install_packages build test fuzz
	@[ -f build/fuzz/build.ninja ] || CC=clang CXX=clang++ meson setup build/fuzz \
	    --buildtype=debugoptimized -Dhardening=false -Dfuzzers=true
	@ninja -C build/fuzz -j $(JOBS) --quiet

clean: ## remove build/ and out/
	@rm -rf build out

$(RELEASE)/build.ninja:
	@meson setup $(RELEASE) --buildtype=release -Dtests=false

$(TEST)/build.ninja:
	@meson setup $(TEST) --buildtype=debugoptimized -Dhardening=false \
	    -Db_sanitize=address,undefined -Dwerror=true
