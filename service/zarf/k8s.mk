# Images, and the service in a cluster: part of the Makefile. Each target prints what it runs; a tool that is missing is named.
# CONTEXT and OVERLAY say where and what: make dev-apply CONTEXT=kind-sales OVERLAY=dev-postgres
.PHONY: image image-archive image-load kind-up kind-down manifests dev-apply dev-update dev-update-apply dev-status dev-logs dev-restart dev-down console-dev

ZARF := service/zarf
DOCKERFILE := $(ZARF)/docker/Dockerfile
PROGRAMS := sales-api sales-metrics
REPOSITORY ?= localhost
TAG ?= dev
OVERLAY ?= dev
KIND ?= sales
# What gets an archive onto the cluster's nodes: the archive's path is added to it.
LOAD ?= kind load --name $(KIND) image-archive
CONTEXT ?= $(shell kubectl config current-context 2>/dev/null)
KUBECTL = kubectl $(if $(CONTEXT),--context $(CONTEXT))
SALES = $(KUBECTL) --namespace sales-system
ARCHIVES := .cutaway/images
# The first that is there; ENGINE=podman for another. Only docker finds by itself what to leave out.
ENGINE = $(firstword $(foreach engine,docker podman buildah,$(if $(shell command -v $(engine) 2>/dev/null),$(engine))))

# What the images are told of themselves. A commit with changes on top is told apart from the commit; its time is that of the
# images, so that the same commit gives the same images.
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
COMMIT = $(shell git describe --always --dirty=+ --exclude '*' --abbrev=12 2>/dev/null)
DATE = $(shell TZ=UTC git show --no-patch --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ HEAD 2>/dev/null)
BUILD = $(if $(COMMIT),BUILD_COMMIT=$(COMMIT) BUILD_DATE=$(DATE))
LABELS = version=$(VERSION) $(COMMIT:%=revision=%) $(DATE:%=created=%)

# Static, which needs a target to be named: the macros that the compiler loads cannot be. What is written in C has its line tables
# and no more (CFLAGS), as the profile `image` says it of Rust.
STATIC_TARGET = $(shell uname -m)-unknown-linux-gnu
STATIC = cargo --config 'build.rustflags=["-C","target-feature=+crt-static"]' build --locked --profile image --target $(STATIC_TARGET)
# As in `docker/Dockerfile`.
ENV_sales-api := --env SALES_API=0.0.0.0:8080 --env SALES_STORE=sqlite:/data/sales.db

.PHONY: static needs-kubectl needs-kind needs-load $(foreach program,$(PROGRAMS),image/$(program) archive/$(program) load/$(program))

# need TOOL,what else there is
need = @command -v $(1) >/dev/null || { echo "make: $(1) is not installed; $(2)" >&2; exit 1; }

image: $(PROGRAMS:%=image/%) ## the images by docker, podman or buildah, whichever is there: make image TAG=0.1.0 REPOSITORY=registry.example

$(PROGRAMS:%=image/%): image/%:
	$(call need,$(or $(ENGINE),docker),nor are podman and buildah: make image-archive needs none of them)
	$(ENGINE) build -f $(DOCKERFILE) $(if $(filter-out docker,$(ENGINE)),--ignorefile $(DOCKERFILE).dockerignore) --target $* $(BUILD:%=--build-arg %) --build-arg VERSION=$(VERSION) -t $(REPOSITORY)/$*:$(TAG) .

image-archive: $(PROGRAMS:%=archive/%) ## the same images as OCI archives in .cutaway/images, from the programs alone: no engine, no registry

static:
	$(BUILD) CFLAGS=-g1 $(STATIC) $(PROGRAMS:%=-p %) --features sales-api/postgres
	mkdir -p $(ARCHIVES)

$(PROGRAMS:%=archive/%): archive/%: static
	cargo run --quiet -p sales-image -- --program "$${CARGO_TARGET_DIR:-target}/$(STATIC_TARGET)/image/$*" --name $(REPOSITORY)/$*:$(TAG) \
		--output $(ARCHIVES)/$*.tar $(ENV_$*) $(DATE:%=--created %) $(addprefix --label org.opencontainers.image.,title=$* $(LABELS))

image-load: needs-load $(PROGRAMS:%=load/%) ## the archives into the kind cluster KIND, or by another command: LOAD="minikube image load"

$(PROGRAMS:%=load/%): load/%:
	$(LOAD) $(ARCHIVES)/$*.tar

kind-up: needs-kind ## a cluster on this machine, by kind
	kind create cluster --name $(KIND)

kind-down: needs-kind ## ends it
	kind delete cluster --name $(KIND)

manifests: ## every overlay against the published schemas of Kubernetes, and against the service
	.ci/manifests
	cargo test -p sales-api --test service manifests

dev-apply: needs-kubectl ## the service into the cluster, until it is ready; CONTEXT and OVERLAY say where and what
	$(KUBECTL) apply -k $(ZARF)/k8s/overlays/$(OVERLAY)
	$(SALES) rollout status deployment/sales-api --timeout 120s

dev-update: needs-load needs-kubectl ## after a change of the code: new images, and pods that use them
	$(MAKE) image-archive
	$(MAKE) image-load
	$(MAKE) dev-restart

dev-update-apply: needs-load needs-kubectl ## the same, and the manifests
	$(MAKE) image-archive
	$(MAKE) image-load
	$(MAKE) dev-apply
	$(MAKE) dev-restart

dev-status: needs-kubectl ## what is there and how it is
	$(SALES) get deployments,pods,services,endpoints -o wide
	$(SALES) get events --sort-by .lastTimestamp

dev-logs: needs-kubectl ## the pods' logs, as they come
	$(SALES) logs --selector app.kubernetes.io/name=sales-api --container sales-api --tail 100 --follow --max-log-requests 20

dev-restart: needs-kubectl ## new pods one by one, no request lost
	$(SALES) rollout restart deployment/sales-api
	$(SALES) rollout status deployment/sales-api --timeout 120s

dev-down: needs-kubectl ## takes all of it out of the cluster
	$(KUBECTL) delete --ignore-not-found -k $(ZARF)/k8s/overlays/$(OVERLAY)

console-dev: ## the console on every pod there that offers itself
	cargo run --quiet -p cutaway --features kubernetes -- k8s:$(if $(CONTEXT),$(CONTEXT)/)sales-system/

needs-kubectl:
	$(call need,kubectl,it is Kubernetes' own command line)

needs-kind:
	$(call need,kind,any other cluster will do: name it by CONTEXT=)

needs-load:
	$(call need,$(firstword $(LOAD)),LOAD= is the command that gets an archive onto the cluster's nodes)
