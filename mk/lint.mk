# Each check names its files in a variable, so that tests/lint can point it
# at a file that breaks the rule and see it reported.

LINT_C  := $(LOWER_SRC) $(SCAN_SRC) $(CLI_SRC) $(GLUE_SRC)
LINT_H  := $(foreach d,$(LOWER) scan cli httpd,$(sort $(wildcard $(d)/*.h))) \
           $(wildcard mod_proxyguard.h)
LINT_PY := $(sort $(wildcard tools/*.py tests/*.py $(foreach d,lib e2e fleet project \
              page command lint bench suite memcheck soak,tests/$(d)/*.py)))
LINT_SH := .ci/run $(sort $(wildcard tools/*.sh))
LINT_TESTS  = $(UNIT_SRC) $(sort $(wildcard tests/fuzz/*.c tests/bench/*.c \
              tests/unit/*.h))

# flags of a file: those of its folder; the top level belongs to the glue
folder   = $(patsubst ./,httpd,$(dir $(1)))
flags_of = $(STD) $(INC_$(or $(filter $(LOWER) scan cli,$(patsubst \
           %/,%,$(call folder,$(1)))),$(LINT_AS))) $(APR_CFLAGS)
LINT_AS  = httpd

# first the slow ones that use a single processor
LINTS := $(addprefix lint-,cppcheck headers programs analyzer selftest own \
         messages state callers shell python tidy)
.PHONY: lint $(LINTS)
lint: need-dev ## all static checks, and proof that each can fail
	@$(MAKE) --no-print-directory -k -O -j "$$(nproc)" $(LINTS)

# One process a file. The analyzer follows the paths of a function up to so
# many nodes; its default, 225000, takes three times as long.
TIDY_NODES ?= 60000
TIDY_DEPTH  = -Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES)
lint-tidy: $(addprefix tidy/,$(LINT_C)) ## clang-tidy; TIDY_NODES=225000 follows more paths

.PHONY: $(addprefix tidy/,$(LINT_C))
$(addprefix tidy/,$(LINT_C)): tidy/%:
	@out=$$(clang-tidy -quiet $* -- $(call flags_of,$*) \
	    $(TIDY_DEPTH) 2>&1) || \
	    { echo "$$out"; false; }

# Its picture of mmap() knows neither anonymous memory, which has -1 for a file,
# nor that a mapping outlives the function that made it; a byte order written
# out is no address of one octet.
MAPPERS   := ledger/pg_live.c httpd/pg_conversation.c httpd/pg_probes.c
UNFOUNDED := $(foreach w,invalidFunctionArg memleak leakReturnValNotUsed,\
             $(addprefix --suppress=$(w):,$(MAPPERS))) \
             --suppress=objectIndex:core/pg_hash.h \
             --suppress=uninitvar:core/pg_hash.h
lint-cppcheck: ## cppcheck
	cppcheck -q --std=c11 --enable=warning,performance,portability \
	    --error-exitcode=1 --inline-suppr --library=posix \
	    --suppress=missingIncludeSystem \
	    $(UNFOUNDED) \
	    -Icore -Iledger -Iaudit -Ireport -Ihttpd -Iscan -Icli $(LINT_C)

# gcc 12's analyzer is meant for plain C: the core is. It loses the fields of a
# struct that is copied whole and takes them for uninitialized, in some runs
# and not in others; clang-tidy's analyzer looks for those.
UNSURE := -Wno-analyzer-use-of-uninitialized-value
lint-analyzer: ## gcc -fanalyzer on core/
	@mkdir -p $(BUILD)
	$(foreach f,$(or $(LINT_ANALYZE),$(call srcs,core)),gcc $(STD) -Icore \
	    $(APR_CFLAGS) -O1 -fanalyzer $(UNSURE) -Werror -c -o $(BUILD)/analyzed.o \
	    $(f) &&) true

lint-headers: ## every header compiles alone
	$(foreach f,$(LINT_H),$(CC) $(WARN) -Wno-pedantic $(call flags_of,$(f)) \
	    -fsyntax-only -include $(f) -x c /dev/null &&) true

# make check runs none of these
LINT_PROGRAMS = $(filter-out %/mod_empty.c,$(wildcard tests/fuzz/*.c \
                tests/bench/*.c))
lint-programs: ## what fuzzes and measures still compiles
	$(foreach f,$(LINT_PROGRAMS),$(CC) $(STD) -Wall -Wextra -Werror $(INC_unit) \
	    -Itests/fuzz $(APR_CFLAGS) -fsyntax-only $(f) &&) true

lint-own: ## length, depth, parameters, names, layout, includes
	tools/lint.py functions $(LINT_C) $(LINT_TESTS)
	tools/lint.py names $(LINT_C) $(LINT_H)
	tools/lint.py units $(LINT_H)
	tools/lint.py circles $(LINT_H)
	tools/lint.py homes $(LINT_H)
	tools/lint.py sentences $(filter core/% report/% cli/%,$(LINT_C) $(LINT_H))
	tools/lint.py layout $(LINT_C) $(LINT_H) $(LINT_TESTS) $(LINT_PY)

lint-messages: ## each PGnnnn: one place, one row in docs, one test
	tools/lint.py messages $(LINT_C) $(LINT_H) docs/messages.md \
	    $(wildcard tests/*/*.py tests/unit/*.c)

lint-callers: ## no function without a caller, none for tests only
	tools/lint.py callers $(LINT_C) $(LINT_H) $(LINT_TESTS)

lint-state: all ## no mutable state of file scope
	tools/lint.py state $(call objs,$(LOWER_SRC) $(GLUE_SRC))

lint-shell: ## shellcheck
	shellcheck -o all -e SC2250,SC2312 $(LINT_SH)

lint-python: ## pyflakes
	$(PYTHON) -m pyflakes $(LINT_PY)

lint-selftest: ## each check reports the file in tests/lint that breaks it
	$(PYTEST) tests/lint
