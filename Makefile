# Two commands on a fresh machine: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := WAW_ENV=development $(BIN)/python
LOCK := requirements/dev.txt
VENDOR := waw_server/web/static/vendor
# Keeps the pins that stand, and reads pyproject.toml as text: the project is never built.
PIN = uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url $(if $(UPGRADE),--upgrade)

# Debian's names of what the wheels load and the usual installation lacks.
# MediaPipe needs libgles2 only once it makes a landmarker, so it is easily forgotten.
SYSTEM_LIBRARIES := libglib2.0-0 libegl1 libgl1 libgles2 \
	libdbus-1-3 libfontconfig1 libxkbcommon0 fonts-dejavu-core

# What Qt needs to open a window on an X11 screen. It names libxcb-cursor0 whichever is missing.
SCREEN_LIBRARIES := libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 \
	libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 libx11-xcb1

# What has to be right rather than likely: every branch of it is tested.
FULLY_COVERED := waw_desktop/core/*,waw_desktop/sync/*,waw_server/api/*,waw_server/*/services.py,waw_server/*/selectors.py,waw_server/accounts/invitations.py,waw_server/accounts/tokens.py,waw_server/accounts/second_step.py,waw_server/blinks/messages.py,waw_server/blinks/versions.py,waw_server/accounts/lockout.py,waw_server/accounts/resets.py,waw_server/accounts/issuer.py,waw_server/accounts/identities.py,waw_server/ops/address.py

# Tested with an OpenID provider that needs Node.js 20; where that is not, its tests do not run.
WITH_PROVIDER := waw_server/api/oidc.py,waw_server/accounts/issuer.py,waw_server/accounts/identities.py

.PHONY: help
help: ## Say what each command does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: install ## A painted face, the tracker, the server: see it work (ONCE=1 ends by itself)
	$(RUN) manage.py demo $(if $(ONCE),--once)

.PHONY: desktop
desktop: install ## Open the tracker's window (WAW_SERVER_URL names the server)
	@sh requirements/system.sh $(SCREEN_LIBRARIES)
	$(BIN)/python -m waw_desktop app

# An environment with the tracker's libraries and no others: what is not there gets in no package.
.PHONY: package
package: build/packaging/venv/installed ## Build the tracker for people who have no Python into dist/
	build/packaging/venv/bin/python waw_desktop/packaging/build.py

build/packaging/venv/installed: requirements/desktop.txt requirements/packaging.txt
	@sh requirements/system.sh $(SYSTEM_LIBRARIES) binutils
	$(PYTHON) -m venv build/packaging/venv
	for name in desktop packaging; do build/packaging/venv/bin/python -m pip install -q \
		--disable-pip-version-check --no-deps --require-hashes -r requirements/$$name.txt || exit 1; done
	@touch $@

.PHONY: serve
serve: install ## Serve on loopback with an embedded database until Ctrl-C
	$(RUN) manage.py serve

.PHONY: test
test: install ## Run the whole suite, in JOBS=3 processes; in CI a skip fails it
	@sh requirements/system.sh dbus-daemon gnome-keyring strace redis-server chromium
	@sh requirements/system.sh $(SCREEN_LIBRARIES) xvfb openbox trayer xdotool
	@command -v npm >/dev/null || sh requirements/system.sh nodejs npm
	@npm ci --silent --ignore-scripts --no-audit --no-fund --prefix tests/issuer
	@$(MAKE) --no-print-directory assets
	WAW_PICTURES=build/pictures $(RUN) -m pytest --numprocesses $(or $(JOBS),3) --cov --cov-report=
	$(BIN)/coverage report --include="$(FULLY_COVERED)" --fail-under=100 \
		$$(node -e 'process.exit(parseInt(process.versions.node) < 20)' || echo "--omit=$(WITH_PROVIDER)")

# Copied as npm delivers them, less the comments that name maps which are not copied along.
ASSETS := node_modules/react/umd/react.production.min.js \
	node_modules/react-dom/umd/react-dom.production.min.js \
	node_modules/graphiql/graphiql.min.js node_modules/graphiql/graphiql.min.css

.PHONY: assets
assets: $(VENDOR)/built ## Build what the playground is made of (needs Node.js and npm)

$(VENDOR)/built: waw_server/web/assets/package-lock.json
	@command -v npm >/dev/null || { echo "Building assets needs Node.js and npm. Everything but the playground does without."; exit 1; }
	@mkdir -p build/assets $(VENDOR)
	cp waw_server/web/assets/package.json waw_server/web/assets/package-lock.json waw_server/web/assets/.npmrc build/assets
	cd build/assets && npm ci --loglevel=error
	for file in $(ASSETS); do \
		sed 's,^//# sourceMappingURL=.*,,; s,/\*# sourceMappingURL=[^*]*\*/,,' "build/assets/$$file" \
			> "$(VENDOR)/$$(basename "$$file")" || exit 1; done
	@touch $@

.PHONY: check
check: install ## Format, lint, import contracts, types, settings: what CI asks beside the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	WAW_ENV=development $(BIN)/mypy

.PHONY: bench
bench: install ## Measure taking messages in, against its peers (JSON=path writes the figures)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.txt
	@sh requirements/system.sh $(SCREEN_LIBRARIES) xvfb openbox trayer
	$(RUN) -m tests.bench.window $(if $(JSON),--json "$(JSON).window")
	$(RUN) tests/bench/ingest.py $(if $(JSON),--json "$(JSON)")

.PHONY: soak
soak: install ## Run for hours what would only show in time (MINUTES=10 SEEDS=1 is shorter)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/soak.txt
	$(RUN) -m tests.bench.portraits
	$(RUN) -m tests.soak.tracker_memory --minutes $(or $(MINUTES),30)
	@sh requirements/system.sh $(SCREEN_LIBRARIES) xvfb openbox trayer
	$(RUN) -m tests.soak.tracker_memory --window --minutes $(or $(MINUTES),60)
	$(RUN) -m tests.soak.mutated_requests
	$(RUN) -m tests.soak.schema_requests
	$(RUN) tests/soak/server_memory.py --minutes $(or $(MINUTES),60)
	$(RUN) tests/soak/faults.py --seeds $(or $(SEEDS),3)
	$(RUN) -m tests.soak.week
	$(RUN) -m tests.soak.storage
	@sh requirements/system.sh mmdebstrap xvfb xdotool desktop-file-utils
	@$(MAKE) --no-print-directory package
	$(RUN) -m tests.soak.package
.PHONY: schema
schema: install ## Write waw_server/api/schema.graphql from the code
	$(RUN) manage.py export_schema waw_server.api.schema:schema --path waw_server/api/schema.graphql

LANGUAGES := waw_desktop/ui/languages

.PHONY: words
words: install ## Bring what the window says into the catalogues, for translators to fill in
	@mkdir -p build
	$(BIN)/pybabel -q extract --no-default-keywords -k _ -k marked -k ngettext:1,2 --no-location \
		--sort-output --omit-header -o build/words.pot waw_desktop
	for catalogue in $(LANGUAGES)/*.po; do \
		$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --no-wrap \
			-i build/words.pot -o $$catalogue -l $$(basename $$catalogue .po) || exit 1; done

.PHONY: lock
lock: ## Pin what pyproject.toml asks for, with hashes (needs uv; UPGRADE=1 takes newer ones)
	$(PIN) --extra server --extra desktop --extra dev -o requirements/dev.txt
	for name in server desktop bench soak packaging; do \
		$(PIN) --extra $$name --constraints requirements/dev.txt -o requirements/$$name.txt; done

.PHONY: install
install: $(VENV)/installed ## Make .venv and install what is pinned

# Pinned with hashes and installed without resolving: nothing that is not in the lock gets in.
$(VENV)/installed: $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
		|| { echo "WaW needs Python 3.11 or 3.12; name one with make PYTHON=python3.11"; exit 1; }
	@sh requirements/system.sh $(SYSTEM_LIBRARIES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(LOCK)
	@touch $@
