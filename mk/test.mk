# Units with ASan and UBSan, one binary of its own objects; end to end with
# pytest. PG_SLOW stretches the deadlines for slow builds.

# Without object-size: APR declares that apr_pstrmemdup() gives n octets, though
# a NUL follows them, and gcc 16 believes it.
SAN = -fsanitize=address,undefined -fno-sanitize=object-size \
      -fno-sanitize-recover=all \
      -fno-omit-frame-pointer
UNIT_SRC := $(call srcs,tests/unit)
INC_unit  = $(INC_core) -Iledger -Iaudit -Ireport -Iscan -Icli -Itests/unit \
            $(JANSSON_CFLAGS) $(CLI_FLAGS) \
            $(call asked,CHECK_CFLAGS,pkg-config --cflags check)
SANOBJ    = $(patsubst %.c,$(BUILD)/san/%.o,$(LOWER_SRC) $(CLI_LIB) \
              $(UNIT_SRC))

$(BUILD)/san/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(STD) $(filter-out -Wpedantic,$(WARN)) -g -O1 $(SAN) -MMD -MP \
	    $(INC_unit) $(APR_CFLAGS) -c -o $@ $<

$(BUILD)/unit: $(SANOBJ)
	$(CC) $(SAN) -o $@ $^ $(APR_LIBS) $(JANSSON_LIBS) $(CLI_LIBS) -lm \
	    $(shell pkg-config --libs check)

# only compiled, for another compiler's warnings about the tests
.PHONY: unit-objects
unit-objects: $(UNIT_SRC:%.c=$(BUILD)/san/%.o)

# The MPMs to test: event, worker or prefork, several of them, or all.
MPM    = event
T      = tests/e2e tests/project tests/page tests/command
# Tests wait longer than they work, for servers to start, to stop and to look
# after their files every ten seconds. Six is enough on any machine.
E2E_JOBS = $(if $(filter 1,$(shell nproc)),3,6)
PYTEST = $(PYTHON) -B -m pytest -p no:cacheprovider -q -n $(E2E_JOBS)

.PHONY: unit e2e check
# In one process: 2,000 forks of a sanitised one take two minutes. A crash
# ends the run with the sanitiser's report either way; CK_FORK=yes isolates.
CK_FORK = no
# seconds; more on a busy machine
UNIT_LIMIT = 600
unit: $(BUILD)/unit ## unit tests under ASan and UBSan
	PG_CASES=tests/cases CK_FORK=$(CK_FORK) CK_VERBOSITY=normal \
	    timeout $(UNIT_LIMIT) $(BUILD)/unit

# Made-up reports of every kind, for the tests that look at the page.
SAMPLE     := $(BUILD)/sample
SAMPLE_SRC := tests/sample/main.c tests/unit/pg_sample.c
$(SAMPLE): $(call objs,$(LOWER_SRC)) $(SAMPLE_SRC) tests/unit/pg_sample.h
	$(CC) $(STD) $(WARN) $(CFLAGS) $(LDFLAGS) $(INC_unit) $(APR_CFLAGS) \
	    -o $@ $(SAMPLE_SRC) $(filter %.o,$^) $(APR_LIBS) $(JANSSON_LIBS) -lm

.PHONY: golden
golden: all $(SAMPLE) $(BUILD)/unit ## tests/cases: the fixed report, the command's answers, the audit's verdicts
	for t in tests/page/test_golden.py tests/command/test_sessions.py \
	    tests/command/test_lines.py; do \
	    BUILD=$(abspath $(BUILD)) PYTHONPATH=tests/lib $(PYTHON) -B $$t \
	        || exit 1; \
	done
	PG_GOLDEN=write PG_CASES=tests/cases CK_FORK=no CK_RUN_SUITE=audit \
	    $(BUILD)/unit

e2e: all $(SAMPLE) ## end-to-end tests; MPM=event|worker|prefork|all, T=file
	BUILD=$(abspath $(BUILD)) PG_MODULE=$(abspath $(MODULE)) MPM="$(MPM)" \
	    PG_BUILD=$(if $(HARDEN),plain,instrumented) \
	    $(PYTEST) $(T)

# The audit against random configurations, hundreds in place of the few in `make
# check`. SEED=n for others.
CONFIGS = 600
SEED    = 1
.PHONY: audit-truth
audit-truth: all ## the audit's verdicts against what happens (10 minutes)
	PG_MODULE=$(abspath $(MODULE)) PG_BUILD=plain PG_CONFIGS=$(CONFIGS) \
	    PG_SEED=$(SEED) $(PYTHON) -B -m pytest -p no:cacheprovider -q -s \
	    tests/e2e/test_62_generated.py

# The units work on one processor while the others wait for servers.
check: need ## all tests: units, and end to end under all three MPMs or MPM=
	@$(MAKE) --no-print-directory -j "$$(nproc)" all $(BUILD)/unit $(SAMPLE)
	@$(MAKE) --no-print-directory -j 2 unit e2e \
	    MPM="$(if $(filter command line,$(origin MPM)),$(MPM),all)"

# The stock httpd knows nothing of sanitisers; their libraries come first.
preload = $(shell $(CC) -print-file-name=$(1))
ASAN_BUILD = $(BUILD)/asan

.PHONY: asan
asan: ## end to end, the module under ASan and UBSan in the stock httpd
	@$(MAKE) --no-print-directory all BUILD=$(ASAN_BUILD) HARDEN= \
	    CFLAGS="-O1 -g $(SAN)" LDFLAGS="$(SAN)"
	PG_PRELOAD="$(call preload,libasan.so) $(call preload,libubsan.so)" \
	    PG_SLOW=3 $(MAKE) --no-print-directory e2e BUILD=$(ASAN_BUILD) \
	    HARDEN= CFLAGS="-O1 -g $(SAN)" LDFLAGS="$(SAN)"

# The units, and the stock httpd with the module over the corpus: there only
# what has a frame of the module counts. Case files are kept by pointers into
# their middle, which valgrind calls possibly lost.
.PHONY: memcheck
memcheck: all ## unit tests and httpd -X under valgrind
	@$(MAKE) --no-print-directory $(BUILD)/plain/unit BUILD=$(BUILD)/plain \
	    SAN=
	PG_CASES=tests/cases PG_NO_FAULTS=yes CK_FORK=no CK_VERBOSITY=normal \
	    CK_TIMEOUT_MULTIPLIER=20 timeout 900 valgrind -q \
	    --leak-check=full --show-leak-kinds=definite \
	    --errors-for-leak-kinds=definite --error-exitcode=9 \
	    --num-callers=40 --suppressions=tests/memcheck/glibc.supp \
	    $(BUILD)/plain/unit
	PG_MODULE=$(abspath $(MODULE)) CC="$(CC)" \
	    timeout 1200 $(PYTHON) -B tests/memcheck/memcheck_httpd.py

# Children run as another user: their .gcda files must be writable for all.
COVER = $(BUILD)/cover
COVER_FLAGS = BUILD=$(COVER) HARDEN= CFLAGS="-O0 -g --coverage" \
              LDFLAGS=--coverage SAN="--coverage"
.PHONY: cover
cover: ## line coverage of units and end to end: build/cover/html
	rm -rf $(COVER)
	@$(MAKE) --no-print-directory all $(COVER)/unit $(COVER_FLAGS)
	chmod -R a+rwX $(COVER)
	umask 0; $(MAKE) --no-print-directory unit $(COVER_FLAGS)
	umask 0; PG_COVER=1 $(MAKE) --no-print-directory e2e $(COVER_FLAGS)
	lcov -q -c -d $(COVER) -o $(COVER)/all.info --rc lcov_branch_coverage=0
	lcov -q -r $(COVER)/all.info '/usr/*' '*/tests/*' -o $(COVER)/cover.info
	genhtml -q $(COVER)/cover.info -o $(COVER)/html
	lcov --list $(COVER)/cover.info
