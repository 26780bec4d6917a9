# make run     set up what is missing, then start the dashboard
# make setup   only the environment (.venv); quick when nothing changed
# make check   format, lint, types, import contracts and quick tests: seconds
# make test    the checks and every test that can run on this machine
# make clean   remove the environment and caches; runs in data/ stay
#
# make PYTHON=python3.12 setup   chooses the interpreter; settings are L335_* variables.

SHELL = /bin/sh
PYTHON ?= python3
PY = .venv/bin/python
PIP = $(PY) -m pip --disable-pip-version-check --no-input
QUICK_TESTS = tests/unit tests/images tests/docs

.PHONY: run setup setup-tests check lint browser proxies test clean
.NOTPARALLEL:

run: setup
	@$(PY) -m l335 serve

# A file in .venv holds the checksum of the requirements it was made from, so that nothing is
# installed twice, and a change of them, or a half-finished installation, is noticed.
setup:
	@want=$$(cksum < requirements.txt); \
	if [ "$$(cat .venv/.setup 2>/dev/null)" = "$$want" ] && $(PY) -c '' 2>/dev/null; then \
		echo "Environment .venv is up to date."; \
	else \
		$(MAKE) --no-print-directory .venv-install FILE=requirements.txt \
		&& echo "$$want" > .venv/.setup && echo "Environment .venv is ready."; \
	fi

setup-tests: setup
	@want=$$(cat requirements.txt tests/requirements.txt | cksum); \
	if [ "$$(cat .venv/.setup-tests 2>/dev/null)" != "$$want" ]; then \
		$(MAKE) --no-print-directory .venv-install FILE=tests/requirements.txt \
		&& echo "$$want" > .venv/.setup-tests && echo "Tools for tests are ready."; \
	fi

.PHONY: .venv-install
.venv-install:
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) was not found. Install Python 3.11 or newer, or name one:" \
			"make PYTHON=/path/to/python3 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Python 3.11 or newer is needed. Name one:" \
			"make PYTHON=python3.12 setup" >&2; exit 1; }
	@$(PY) -c 'import pip' 2>/dev/null || { \
		$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
			echo "$(PYTHON) lacks the module venv. On Debian or Ubuntu, as root:" \
				"apt-get install python3-venv" >&2; exit 1; }; \
		echo "Making the environment .venv with $$($(PYTHON) -V) ..."; \
		$(PYTHON) -m venv --clear .venv; }
	@echo "Installing $(FILE) (the first time about 5 GB, most of it torch with CUDA) ..."
	@$(PIP) install -r $(FILE)

lint: setup-tests
	@echo "Format, lint, types and import contracts ..."
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

check: lint
	@$(PY) -m pytest -q -m "not slow and not browser" $(QUICK_TESTS)

# Chromium is the distribution's own; Playwright downloads none.
browser:
	@if command -v chromium chromium-browser google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests ..."; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy \
			--no-install-recommends chromium fonts-dejavu-core \
		|| echo "Chromium could not be installed; the browser tests will be skipped."; \
	else \
		echo "There is no Chromium, so the browser tests will be skipped. To run them:" \
			"sudo apt-get install chromium"; \
	fi

# nginx and Caddy carry the documented snippets in tests. Debian starts a service as it installs
# it, unless this file says no; one that is there already says what its owner wants.
POLICY = /usr/sbin/policy-rc.d
proxies:
	@PATH="$$PATH:/usr/sbin"; \
	if command -v nginx >/dev/null && command -v caddy >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing nginx and Caddy for the tests of proxies ..."; \
		if [ ! -e $(POLICY) ]; then \
			trap 'rm -f $(POLICY)' EXIT; \
			printf '#!/bin/sh\nexit 101\n' > $(POLICY) && chmod 755 $(POLICY); \
		fi; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy \
			--no-install-recommends nginx-light caddy \
		|| echo "They could not be installed; the tests of proxies will be skipped."; \
	else \
		echo "nginx or Caddy is not here, so tests of proxies will be skipped. To run them:" \
			"sudo apt-get install nginx-light caddy"; \
	fi

test: lint browser proxies
	@$(PY) -m pytest --durations=10

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf test-results
	find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +
