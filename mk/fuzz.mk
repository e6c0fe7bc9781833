# libFuzzer on every tests/fuzz/fuzz_*.c, each for FUZZ_SECONDS, from seeds
# that are made of the case files. A finding is left in build/fuzz.

FUZZ_CC      = clang
FUZZ_SECONDS = 10
FUZZ_SAN  = -fsanitize=fuzzer-no-link,address,undefined \
            -fno-sanitize-recover=all
FUZZERS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJ  = $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(LOWER_SRC) $(CLI_LIB))

$(BUILD)/fuzz/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) $(STD) $(filter-out -Wpedantic,$(WARN)) -g -O1 \
	    $(FUZZ_SAN) -MMD -MP $(INC_unit) -Itests/fuzz $(APR_CFLAGS) \
	    -c -o $@ $<

$(BUILD)/fuzz/run_%: $(BUILD)/fuzz/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJ)
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ \
	    $(APR_LIBS) $(JANSSON_LIBS) $(CLI_LIBS) -lm

.PRECIOUS: $(BUILD)/fuzz/obj/%.o

.PHONY: fuzz
fuzz: $(patsubst %,$(BUILD)/fuzz/run_%,$(FUZZERS)) ## fuzz; FUZZ_SECONDS=10 RECORD=1
	$(PYTHON) tests/fuzz/seeds.py tests/cases $(BUILD)/fuzz/seeds
	$(PYTHON) tests/fuzz/run.py $(BUILD) $(FUZZ_SECONDS) "$(RECORD)" \
	    $(FUZZERS)
