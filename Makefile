# The two that matter: `make run` shows everything, `make test` proves it. Both need the Rust toolchain and
# a C compiler, nothing else.
.DEFAULT_GOAL := help
.PHONY: help run service profile-cpu profile-heap test commands check postgres kubernetes bench soak fuzz-api browser book console lab exercises figures pictures reference snapshots results regen

FOUNDATION := collect cpulimit debug exposition expvar lifecycle listen otlp profile resilience secret sync trace web
LAB ?= channels
TARGET ?= 127.0.0.1:4000
SECONDS ?= 10
LABS = $(filter-out format gym kit,$(notdir $(patsubst %/Cargo.toml,%,$(wildcard labs/*/Cargo.toml))))
GYM_TARGET := .cutaway/exercises/target
SNAPSHOTS := cutaway-tui lab-format
SOAK_BUILD = $(if $(SOAK_SECONDS),,--release)
POSTGRES := -p stores -p sales-api -p sales-admin

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: ## the service under load, the book for the browser (by the link that it prints), the console here; q or Ctrl-C ends all of it
	@cargo build --workspace
	@cargo run --quiet -p workbook -- up $(ARGS)

service: ## the sales service alone: make service ARGS="--api 127.0.0.1:8081"
	@cargo run --quiet -p sales-api -- $(ARGS)

profile-cpu: ## where a running service's CPU goes, kept and opened: TARGET=127.0.0.1:4000 SECONDS=10; OPEN=pprof for Go's tool
	@service/zarf/profile cpu $(TARGET) $(SECONDS)

profile-heap: ## what its memory is kept by; with SECONDS=10 what it gained in that time
	@service/zarf/profile heap $(TARGET) $(if $(filter command line,$(origin SECONDS)),$(SECONDS))

test: ## every test that needs no further installs
	cargo test --workspace

commands: ## each command that a page prints, in a fresh clone, and its output, in minutes; of some pages by PAGE=start/
	cargo build --workspace --bins --examples
	$(if $(PAGE),PAGE=$(PAGE)) cargo test --quiet --workspace --test commands -- --ignored --nocapture each_printed_command

check: ## what CI checks besides the tests: format, lints, docs, crates alone, the strict book, one build for all
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo --config 'build.rustdocflags=["-D", "warnings"]' doc --workspace --no-deps
	@for crate in $(FOUNDATION); do echo "alone: $$crate"; cargo check --quiet -p $$crate || exit 1; done
	@echo "without compiler flags: what they make possible must answer 501 and say why, and the rest work"
	RUSTFLAGS="" RUSTDOCFLAGS="" cargo test --quiet --target-dir target/no-flags $(addprefix -p ,$(FOUNDATION))
	cargo build --workspace
	.ci/one-build
	.ci/generated
	cargo run --quiet -p workbook -- build
	cargo run --quiet -p workbook -- build --instructor

postgres: ## the tests of the store and the service on a real PostgreSQL server of their own (needs postgresql)
	.ci/sqlx --check
	cargo clippy $(POSTGRES) --all-targets --features postgres -- -D warnings
	cargo test $(POSTGRES) --features postgres

kubernetes: ## the console with pods as targets: lints, and tests against a double of the API server
	cargo clippy -p cutaway -p cutaway-scrape --all-targets --features cutaway/kubernetes -- -D warnings
	cargo test -p cutaway -p cutaway-scrape --features cutaway/kubernetes

bench: ## what things cost, one of them by BENCH=name (make bench BENCH=cpu-profile); nothing else should run
	cargo build --release -p bench -p sales-api -p sales-load -p cutaway -p workbook -p channels
	cargo build --release -p cutaway-tui --example frames
	cargo build --release -p lab-kit --example recorder
	cargo run --release --quiet -p bench -- run $(BENCH)

soak: ## what debug plane, stores, service and console survive, in about two hours (needs postgresql); SOAK=name, SOAK_SECONDS=60 for less
	cargo build $(SOAK_BUILD) -p bench -p cutaway
	cargo run $(SOAK_BUILD) --quiet -p bench -- soak $(if $(SOAK_SECONDS),--seconds $(SOAK_SECONDS)) $(SOAK)

fuzz-api: ## the API against what its own document promises (needs schemathesis 4 from PyPI; FUZZ="-n 500" for more)
	cargo build -p sales-api -p sales-admin -p sales-load
	.ci/fuzz-api $(FUZZ)

browser: ## the channels page in headless Chromium (needs chromium and chromium-driver)
	cargo test -p workbook --test browser

book: ## the book as a static site in .cutaway/book
	cargo run --quiet -p workbook -- build

console: ## the console alone, on a running service: make console ARGS=4000
	cargo run --quiet -p cutaway -- $(ARGS)

lab: ## one lab: make lab LAB=channels ARGS="--capacity 0"
	cargo run --quiet -p $(LAB) -- $(ARGS)

exercises: ## the explorer's own tests, and each exercise against its solution, its starter and its wrong solutions
	cargo fmt --manifest-path labs/gym/Cargo.toml --check
	cargo clippy --manifest-path labs/gym/Cargo.toml --target-dir $(GYM_TARGET) --all-targets --all-features -- -D warnings
	cargo test --quiet --manifest-path labs/gym/Cargo.toml --target-dir $(GYM_TARGET) --all-features
	cargo run --quiet -p workbook -- prove

figures: ## record the figures that every lab declares; the machine should have nothing else to do
	cargo build --workspace --bins
	@for lab in $(LABS); do cargo run --quiet -p $$lab -- --figures || exit 1; done

regen: figures reference snapshots results ## all that is generated, one after the other; then read the diff (needs chromium, postgresql, nothing else running)
	.ci/sqlx
	$(MAKE) pictures

reference: ## what the programs' --help says, for the book's reference page
	cargo build --workspace --bins
	target/debug/workbook reference

snapshots: ## the screens and drawings that tests compare with, as they are now
	INSTA_UPDATE=always cargo test --quiet $(addprefix -p ,$(SNAPSHOTS))

results: ## the page of the benchmarks' results, from their files
	cargo run --quiet -p bench -- report

pictures: ## the pictures of the README and the tour anew (needs chromium)
	book/pictures

include service/zarf/k8s.mk
