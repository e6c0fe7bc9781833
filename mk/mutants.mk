# Mutation testing, outside CI: it takes minutes and its sample is random. A
# mutant is one file, compiled into libmutant.so; all programs are linked with
# that one first, so what it defines takes precedence over libhouse.so's. One
# of httpd/ is compiled into libmutantglue.so, for the module alone: a program
# does not have what it calls.

MUT      = $(abspath $(BUILD))/mutants
MUT_MAKE = $(MAKE) --no-print-directory -s HARDEN= SAN= LTO_core= LTO_ledger=
# folders and files; none: all
FILES    =
# a commit: only lines changed since then
SINCE    =
# for each folder
MINUTES  = 3
COUNT    =

.PHONY: mutants mutants-built
mutants: ## break the code at random, see which tests notice; FILES=, SINCE=, MINUTES=, COUNT=
	@rm -f $(MUT)/plain/bin/libmutant*.so # of a run that was interrupted
	@$(MUT_MAKE) mutants-built BUILD=$(MUT)/plain MUT_SAN="$(SAN)" \
	    CFLAGS="-O2 -w -fvisibility=default"
	@$(MUT_MAKE) mutants-built BUILD=$(MUT)/cover \
	    CFLAGS="-O0 -w -g -fvisibility=default -fsanitize-coverage=trace-pc" \
	    MUT_NONE=tools/mutants.c
	@MUT=$(MUT) MUT_CC="$(CC) $(STD) -w -fPIC" MUT_SAN="$(SAN)" \
	    MUT_FLAGS="$(subst ",\",$(INC_unit) $(APR_CFLAGS))" \
	    MUT_HTTPD="$(INC_httpd) $(APR_CFLAGS)" \
	    MUT_T="$(if $(findstring command,$(origin T)),$(T))" \
	    FILES="$(FILES)" SINCE="$(SINCE)" MINUTES="$(MINUTES)" \
	    SEED="$(SEED)" COUNT="$(COUNT)" $(PYTHON) -B tools/mutants.py
	@test -z "$(RECORD)" || $(PYTHON) tests/bench/measurements.py mutants \
	    $(MUT)/mutants.md

BIN := $(BUILD)/bin
mutants-built: $(addprefix $(BIN)/,unit sample proxyguard mod_proxyguard.so)

# in place of a mutant: nothing, or what traces the tests
MUT_NONE = /dev/null
$(BIN)/libmutant.so $(BIN)/libmutantglue.so: $(filter tools/%,$(MUT_NONE))
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -shared -x c $(MUT_NONE) -o $@

$(BIN)/libhouse.so: $(call objs,$(LOWER_SRC) $(SCAN_SRC) $(CLI_SRC))
$(BIN)/libglue.so: $(call objs,$(GLUE_SRC))
$(BIN)/libhouse.so $(BIN)/libglue.so:
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -shared -o $@ $^

BIN_LINK = $(CC) $(CFLAGS) -fPIC -o $@ $(filter %.o,$^) -L$(BIN) \
           -Wl,-rpath,$(abspath $(BIN)) -Wl,--no-as-needed -lmutant
BIN_LIBS = -lhouse $(APR_LIBS) $(JANSSON_LIBS) $(CLI_LIBS) -lm
BIN_TEST = $(patsubst %.c,$(BUILD)/san/%.o,$(1))

$(BIN)/unit: $(call BIN_TEST,$(call srcs,tests/unit))
	$(BIN_LINK) $(MUT_SAN) $(BIN_LIBS) $(shell pkg-config --libs check)
$(BIN)/sample: $(call BIN_TEST,tests/sample/main.c tests/unit/pg_sample.c)
	$(BIN_LINK) $(BIN_LIBS)
$(BIN)/proxyguard:
	$(BIN_LINK) $(BIN_LIBS)
$(BIN)/mod_proxyguard.so: $(BIN)/libglue.so $(BIN)/libmutantglue.so
	$(BIN_LINK) -shared -lmutantglue -lglue $(BIN_LIBS)
$(BIN)/unit $(BIN)/sample $(BIN)/proxyguard $(BIN)/mod_proxyguard.so: \
    $(BIN)/libmutant.so $(BIN)/libhouse.so
