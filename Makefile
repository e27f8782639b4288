# `make help` lists the targets. A variable can be set after the target, before make, or by an export:
# make pipeline INPUT=dir, INPUT=dir make pipeline
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

INPUT ?= data/events
SOURCE ?= conf/sources/default.yml
MASTER ?= local[*]
EVENTS ?= 3000
SEED ?= 7
OUTPUT ?= data/simulated/events
ANOMALIES ?= few
SEEDS ?= 20
RATE ?= 20
ROUNDS ?= 1
VARIABLES := INPUT SOURCE MASTER SPARK_ARGS EVENT_LOG JDBC_JAR ONCE FULL_REFRESH DROP_MISSING REMAP ACCEPT_QUALITY EVENTS SEED OUTPUT \
	METRICS_FILE OPENLINEAGE_URL ANOMALIES SEEDS RATE ROUNDS KILLS REASON FILE RUN EVENT RECORD FINDING NOTE CONFIRM UNKNOWN \
	STREAM ROLE ONLY BASE

# A benchmark needs more events than `make simulate`, so the default of EVENTS is larger there.
BENCH_EVENTS := $(if $(filter file,$(origin EVENTS)),2000000,$(value EVENTS))

# Recipes read these variables from the environment, in quotes. If make put a file name into the text of a recipe, the
# shell would run commands that stand in the name. $(value) takes a variable as it was typed, without expanding it.
$(foreach name,$(VARIABLES),$(eval override $(name) := $$(value $(name))))
# Every shell sets USER to the login, who must not be erased. So USER only counts if it is typed after the target.
override ERASE_USER :=
ifeq ($(origin USER),command line)
override ERASE_USER := $(value USER)
override USER := $(value USER)
endif
# In the bash of a recipe SECONDS is a clock, so recipes read it as DURATION. No shell exports SECONDS by itself.
override DURATION := $(value SECONDS)
override SECONDS := $(value SECONDS)
export $(VARIABLES) BENCH_EVENTS DURATION ERASE_USER
# DATABASE_URL is passed on even if it is empty. Then the job rejects it, since that is often a slip in a script.
ifneq ($(origin DATABASE_URL),undefined)
override DATABASE_URL := $(value DATABASE_URL)
export DATABASE_URL
endif

PYTHON := .venv/bin/python
# There is one stamp file for each set of packages. A changed lock file makes make install the set again.
LOCAL := .venv/.local
REPORT := .venv/.report
TEST := .venv/.test
AIRFLOW := .venv-airflow/.installed
BENCH := .venv-bench/.installed
DBT := .venv-dbt/.installed
is_on = $(filter-out 0 no false,$(value $(1)))

##@ Load and look
.PHONY: fields
fields: $(LOCAL) ## what is in the logs of INPUT, and which paths SOURCE reads; where SOURCE is no file yet, a first draft of it: conf/README.md
	@$(PYTHON) -m jobs.fields --input "$$INPUT" --source "$$SOURCE"

.PHONY: pipeline
pipeline: $(LOCAL) ## load the new files of INPUT by the mapping SOURCE; FULL_REFRESH=1, DROP_MISSING=1, REMAP=1, ACCEPT_QUALITY=1, EVENT_LOG=1: README
	@test -d .venv/java-classes || test ! -w .venv || echo 'note: the first run also keeps Java classes for later ones, which takes some 20 s at its end' >&2
	@$(PYTHON) -m jobs.submit --database jobs/pipeline.py \
		--input "$$INPUT" --source "$$SOURCE" \
		$(if $(call is_on,FULL_REFRESH),--full-refresh) $(if $(call is_on,DROP_MISSING),--drop-missing) $(if $(call is_on,REMAP),--remap)
	@echo
	@$(PYTHON) -m jobs.query --brief --rows 5
	@$(if $(value DATABASE_URL),,echo 'to query it: make psql, or psql "$$(make -s database-url)"; to stop the server: make stop')

.PHONY: plan
plan: $(LOCAL) ## what make pipeline would do with the same variables; writes nothing
	@$(PYTHON) -m jobs.submit --database jobs/pipeline.py --plan \
		--input "$$INPUT" --source "$$SOURCE" \
		$(if $(call is_on,FULL_REFRESH),--full-refresh) $(if $(call is_on,DROP_MISSING),--drop-missing) $(if $(call is_on,REMAP),--remap)

.PHONY: stream
stream: $(LOCAL) ## load the files of INPUT as they appear, until Ctrl-C; ONCE=1 loads what is there and ends
	@$(PYTHON) -m jobs.submit --database jobs/stream.py \
		--input "$$INPUT" --source "$$SOURCE" $(if $(call is_on,ONCE),--once)

.PHONY: metrics
metrics: $(LOCAL) ## the first rows of each metric
	@$(PYTHON) -m jobs.query --metrics

.PHONY: report
report: $(REPORT) ## write data/reports/index.html: what happened, whether to believe it, what is odd; one page, no network
	@$(PYTHON) -m jobs.report

.PHONY: picture
picture: report ## take the front page's picture of the report again, with Chromium
	@chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,895 --virtual-time-budget=5000 \
		--screenshot=.github/report.png "file://$(CURDIR)/data/reports/index.html" 2>/dev/null

.PHONY: trace
trace: $(LOCAL) ## where the event EVENT went, or the record RECORD of FILE
	@$(PYTHON) -m jobs.trace $${EVENT:+--event "$$EVENT"} $${FILE:+--file "$$FILE"} $${RECORD:+--record "$$RECORD"}

.PHONY: fingerprint
fingerprint: $(LOCAL) ## one hash a table, the same in whatever order the records came
	@$(PYTHON) -m jobs.query sql/analysis/fingerprint.sql

.PHONY: session-gaps
session-gaps: $(LOCAL) ## what other gaps than 30 minutes would make of the sessions
	@$(PYTHON) -m jobs.query sql/analysis/session_gap_sensitivity.sql

.PHONY: check
check: $(LOCAL) ## run the checks of sql/checks; exit code 3 and the rows when one finds something
	@$(PYTHON) -m jobs.check

.PHONY: findings
findings: $(LOCAL) ## enter the anomalies in ops.findings; those that nobody has acknowledged: new, known, no longer found
	@$(PYTHON) -m jobs.findings

.PHONY: acknowledge
acknowledge: $(LOCAL) ## do not print the finding FINDING=number again; NOTE= says why
	@$(PYTHON) -m jobs.findings --acknowledge "$$FINDING" --note "$$NOTE"

.PHONY: quality
quality: $(LOCAL) ## the last five runs: their counts, quarantine by reason, errors; records that no file holds any more
	@$(PYTHON) -m jobs.query sql/analysis/quality.sql sql/analysis/missing_records.sql

.PHONY: quarantine
quarantine: $(LOCAL) ## what is open in quarantine, by reason, field and file, with examples
	@$(PYTHON) -m jobs.quarantine

.PHONY: replay
replay: $(LOCAL) ## try quarantined records again by today's mapping and rules; REASON=, FILE=, RUN= select some
	@$(PYTHON) -m jobs.submit --database jobs/replay.py \
		$${REASON:+--reason "$$REASON"} $${FILE:+--file "$$FILE"} $${RUN:+--run "$$RUN"}

.PHONY: accept
accept: $(LOCAL) ## load the file FILE as it is, which the quality gate holds back; without FILE it names those that are held back
	@$(PYTHON) -m jobs.submit --database jobs/accept.py $${FILE:+--file "$$FILE"}

.PHONY: erase
erase: $(LOCAL) ## pseudonymise the person USER=id everywhere, for good; a dry run, unless CONFIRM=1; UNKNOWN=1: docker/SECURITY.md
	@$(PYTHON) -m jobs.submit --database jobs/erase.py $(if $(call is_on,CONFIRM),--confirm) $(if $(call is_on,UNKNOWN),--unknown)

.PHONY: simulate
simulate: $(LOCAL) ## make EVENTS events from SEED in the folder OUTPUT, the right answers beside it; ANOMALIES=all or none; STREAM=1: live, RATE a second, for SECONDS
	@$(PYTHON) -m jobs.simulate --events "$$EVENTS" --seed "$$SEED" --anomalies "$$ANOMALIES" --output "$$OUTPUT" \
		$(if $(call is_on,STREAM),--rate "$$RATE" $(if $(value DURATION),--seconds "$$DURATION"))

##@ The database
.PHONY: database-url
database-url: $(LOCAL) ## print a URL for psql (with make -s nothing else), starting the embedded server if needed; ROLE=analyst: can only read
	@$(PYTHON) -m jobs.database url $${ROLE:+--role "$$ROLE"}

.PHONY: psql
psql: $(LOCAL) ## open psql on the database; ROLE=analyst as above
	@$(PYTHON) -m jobs.database psql $${ROLE:+--role "$$ROLE"}

.PHONY: stop
stop: $(LOCAL) ## stop the embedded server; its data stay
	@$(PYTHON) -m jobs.database stop

##@ Run it on a schedule
.PHONY: airflow
airflow: $(LOCAL) $(AIRFLOW) ## start Airflow with the DAG, its home in data/airflow; Ctrl-C ends it
	@docker/airflow/start

.PHONY: packages
packages: build/packages.tar.gz ## pack what a cluster's executors need to read records: docker/README.md

##@ In containers (docker/README.md)
COMPOSE ?= docker compose
CONTAINERS := $(COMPOSE) --file docker/compose.yml
define reject_no_folder
@[ -d "$$INPUT" ] || { echo "error: INPUT=$$INPUT is not a folder: name the one that holds the event logs" >&2; exit 2; }
endef

.PHONY: docker-up
docker-up: docker/.env ## build the image, start a database in a container and load INPUT into it from another
	@$(COMPOSE) version > /dev/null 2>&1 || { echo 'error: `$(COMPOSE)` does not run here: install Docker with its' \
		'compose plugin, or name another one, as in make docker-up COMPOSE=podman-compose' >&2; exit 2; }
	$(reject_no_folder)
	@$(CONTAINERS) build pipeline
	@INPUT="$$(realpath "$$INPUT")" $(CONTAINERS) run --rm -T pipeline
	@port="$$($(CONTAINERS) port database 5432)"; \
		echo 'to query it: make docker-psql, or, with POSTGRES_PASSWORD of docker/.env as the password,' \
		"psql postgresql://document_events@127.0.0.1:$${port##*:}/document_events"
	@echo 'to stop the database, which keeps its data: make docker-down'

.PHONY: docker-airflow
docker-airflow: docker/.env ## start Airflow in a container beside the database; docker/airflow/README.md
	$(reject_no_folder)
	@$(CONTAINERS) build pipeline
	@INPUT="$$(realpath "$$INPUT")" $(CONTAINERS) --profile airflow up --detach --build airflow

.PHONY: docker-psql
docker-psql: ## open psql on the database in the container
	@$(CONTAINERS) exec database psql --username document_events

.PHONY: docker-down
docker-down: ## stop the containers; the data stay
	@$(CONTAINERS) --profile airflow down

# printf is a builtin of the shell, so the password appears in no list of processes.
docker/.env:
	@umask 077 && { grep -v '^POSTGRES_PASSWORD=' docker/.env.example; \
		printf 'POSTGRES_PASSWORD=%s\n' "$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"; } > $@

##@ Work on the code
# One process for each core. Each has a Spark and a PostgreSQL of its own, so there are not more than four.
PROCESSES := --numprocesses logical --maxprocesses 4

.PHONY: test
test: $(TEST) ## run the whole test suite, in processes with a Spark and a PostgreSQL each
	@JAVA_HOME="$$($(PYTHON) -m jobs.storage.local.java)" $(PYTHON) -m pytest $(PROCESSES) --dist loadfile --no-loadscope-reorder --durations 20

# Tests that start servers of their own or simulate whole logs are slow, so they are left out.
.PHONY: test-fast
test-fast: $(TEST) ## records, SQL and plain functions, without Spark: a minute on two slow cores
	@$(PYTHON) -m pytest $(PROCESSES) --dist loadfile -m 'not spark' \
		tests/records tests/properties/test_records.py tests/metrics tests/storage tests/simulation tests/profiling tests/test_schemas.py \
		--ignore tests/storage/test_embedded_postgres.py --ignore tests/storage/test_tls.py \
		--ignore tests/storage/test_s3.py --ignore tests/storage/test_class_archive.py --ignore tests/metrics/test_measured_anomalies.py

.PHONY: airflow-test
airflow-test: $(TEST) $(AIRFLOW) ## run the Airflow DAG for real, in .venv-airflow: success, retry, failure
	@JAVA_HOME="$$($(PYTHON) -m jobs.storage.local.java)" $(PYTHON) -m pytest -p tests.conftest docker/airflow/tests

.PHONY: cluster-test
cluster-test: $(TEST) build/packages.tar.gz ## the job on a Spark master and two workers of this machine, one of which is killed
	@JAVA_HOME="$$($(PYTHON) -m jobs.storage.local.java)" $(PYTHON) -m pytest tests/cluster

.PHONY: dbt-test
dbt-test: $(TEST) $(DBT) ## dbt, in .venv-dbt, reads and tests the sources of sql/dbt on the loaded sample
	@JAVA_HOME="$$($(PYTHON) -m jobs.storage.local.java)" $(PYTHON) -m pytest tests/dbt

.PHONY: faults
faults: $(TEST) ## the job killed in each of its stages, in processes of its own; the database failing under it
	@PUBLISHES=20 JAVA_HOME="$$($(PYTHON) -m jobs.storage.local.java)" $(PYTHON) -m pytest -o norecursedirs='.*' tests/faults

.PHONY: proof
proof: $(TEST) ## random records beside the oracle; 200 random worlds: whatever happens to files, the tables are those of one load
	@RANDOM_RECORDS=20000 COMMUTE_WORLDS=200 JAVA_HOME="$$($(PYTHON) -m jobs.storage.local.java)" \
		$(PYTHON) -m pytest tests/properties

.PHONY: anomaly-test
anomaly-test: $(TEST) ## precision and recall of the anomalies by kind, on SEEDS=20 simulated logs of each sort
	@$(PYTHON) -m tests.metrics.measure_anomalies --seeds "$$SEEDS"

.PHONY: chaos
chaos: $(TEST) ## KILLS=50 runs killed at random moments; the tables must end as after one load
	@$(PYTHON) -m tests.faults.kills.chaos

.PHONY: bench
bench: $(TEST) $(BENCH) ## loads of EVENTS (2000000) and of the sample beside their rivals, ROUNDS times, and what comes on top; ONLY="small stream": tests/bench/README.md
	@$(PYTHON) -m tests.bench.bench --events "$$BENCH_EVENTS" --seed "$$SEED" --rounds "$$ROUNDS" $${ONLY:+--only "$$ONLY"}

.PHONY: bench-compare
bench-compare: $(TEST) ## load EVENTS (2000000) by the commit BASE and by what stands here, in turn, ROUNDS times
	@$(PYTHON) -m tests.bench.compare --base "$$BASE" --events "$$BENCH_EVENTS" --seed "$$SEED" --rounds "$$ROUNDS"

.PHONY: lint
lint: $(TEST) ## ruff, mypy and sqlfluff
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/sqlfluff lint --processes 2 sql

# The lock files are for every platform and every Python from 3.11 on. uv itself is pinned by its version only: it
# resolves versions, and installs nothing that the project uses.
UV := .venv-uv/bin/uv
.PHONY: lock
lock: ## pin the packages of setup.cfg with all that they need, by hash, in conf/requirements
	@python3 -m venv .venv-uv && .venv-uv/bin/pip install --quiet --quiet --disable-pip-version-check uv==0.13.9
	@for set in 'terminal --extra terminal --extra monitoring' 'local --extra local' 'report --extra local --extra report' 'test --extra local --extra test'; do \
		$(UV) pip compile --quiet setup.cfg $${set#* } --universal --python-version 3.11 --generate-hashes \
		--no-emit-package document-events --custom-compile-command 'make lock' --output-file "conf/requirements/$${set%% *}.txt"; done
	@sed -n 's/^requires = \["\(.*\)"\]/\1/p' pyproject.toml | $(UV) pip compile --quiet - --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command 'make lock' --output-file conf/requirements/build.txt
	@$(UV) pip compile --quiet tests/dbt/requirements.in --no-strip-extras --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command 'make lock' --output-file tests/dbt/requirements.txt

.PHONY: licences
licences: $(TEST) ## the licence of every package that is installed; ends with 2 at one that is not allowed
	@$(PYTHON) -m tests.licences

.PHONY: audit
audit: ## known vulnerabilities of the packages in conf/requirements; needs pypi.org itself
	@python3 -m venv .venv-audit && .venv-audit/bin/pip install --quiet --quiet --disable-pip-version-check pip-audit==2.10.1
	@.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement conf/requirements/test.txt

.PHONY: format
format: $(TEST) ## let ruff lay out the Python files
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

##@ Set up and clear
.PHONY: java
java: $(LOCAL) ## fetch Java 17 into ~/.jdk where there is no Java 17, 21 or 25; prints the one that is used
	@$(PYTHON) -m jobs.storage.local.java --install

.PHONY: clean
clean: ## stop the embedded server and remove it WITH ITS DATA, .venv and all that was generated; data/events stays
	@if [ -x $(PYTHON) ] && [ -d data/postgres ]; then env -u DATABASE_URL $(PYTHON) -m jobs.database stop; fi
	@rm -rf .venv .venv-airflow .venv-audit .venv-bench .venv-dbt .venv-uv data/airflow data/postgres data/quarantine data/runs data/reports data/simulated build *.egg-info \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse metastore_db derby.log
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

$(LOCAL): setup.cfg pyproject.toml conf/requirements/local.txt
	$(call install,local)

$(REPORT): setup.cfg pyproject.toml conf/requirements/report.txt
	$(call install,report)
	@touch $(LOCAL)

$(TEST): setup.cfg pyproject.toml conf/requirements/test.txt
	$(call install,test)
	@touch $(LOCAL) $(REPORT)

# Airflow has an environment of its own, because the versions that it pins may conflict with those of Spark.
$(AIRFLOW): docker/airflow/requirements.txt
	@echo 'setting up .venv-airflow (once, some minutes)' >&2
	@python3 -m venv .venv-airflow >&2
	@.venv-airflow/bin/python -m pip install --quiet --quiet --disable-pip-version-check --requirement $< >&2
	@touch $@

# These packages are built for this system and Python version. So the executors must have the same as the driver.
build/packages.tar.gz: $(LOCAL)
	@mkdir -p build
	@tar --create --gzip --file $@ \
		--directory "$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" pyarrow msgspec jsonpath_rfc9535 regex iregexp_check lxml

# The programs that the benchmark compares with have an environment of their own. So the project needs none of them.
$(BENCH): tests/bench/requirements.txt
	@python3 -m venv .venv-bench >&2
	@.venv-bench/bin/python -m pip install --quiet --quiet --disable-pip-version-check --requirement $< >&2
	@touch $@

# What dbt pins and what Spark needs need not agree either.
$(DBT): tests/dbt/requirements.txt
	@python3 -m venv .venv-dbt >&2
	@.venv-dbt/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement $< >&2
	@touch $@

# The venv is made once. All messages go to standard error, because `make -s database-url` must print only a URL.
define install
@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "error: python3 is $$(python3 --version 2>&1 || true); install Python 3.11 or later and put it first on the PATH" >&2; exit 2; }
@echo 'setting up .venv (once, some minutes)' >&2
@python3 -m venv .venv >&2 || { \
	echo 'error: python3 can not make a venv; install the venv module (on Debian and Ubuntu: apt install python3-venv)' >&2; exit 2; }
@for arguments in '--require-hashes --requirement conf/requirements/build.txt' \
		'--require-hashes --no-build-isolation --requirement conf/requirements/$(1).txt' \
		'--no-deps --no-build-isolation --editable .'; do \
	$(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check $$arguments >&2 || { \
	echo 'error: the packages of conf/requirements could not be installed; pip says why above; check the network and run make again' >&2; exit 2; }; done
@touch $@
endef
