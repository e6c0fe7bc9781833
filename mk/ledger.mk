# The ledger under ThreadSanitizer, and its speed.

TSAN = $(BUILD)/tsan
.PHONY: tsan
tsan: ## the ledger's threads under ThreadSanitizer
	@$(MAKE) --no-print-directory $(TSAN)/unit BUILD=$(TSAN) \
	    SAN="-fsanitize=thread"
	PG_CASES=tests/cases CK_FORK=no CK_RUN_SUITE=endurance \
	    CK_RUN_CASE=threads TSAN_OPTIONS=halt_on_error=1 $(TSAN)/unit

# 100 graceful restarts, 20 restarts and 1000 killed children, under load.
.PHONY: endurance
endurance: ## restarts and kills under load, as often as for a release
	@rm -f $(BUILD)/endurance.rows
	PG_LONG=1 PG_RECORD=$(abspath $(BUILD))/endurance.rows \
	    $(MAKE) --no-print-directory e2e MPM=all T=tests/e2e/test_40_ledger.py
	{ printf '%s\n\n' "Three clients; an attempt that was in flight when its \
	child was killed may be counted or not, all others are, once."; \
	    echo '| MPM | what was done | answered | unanswered | counted |'; \
	    echo '|---|---|--:|--:|--:|'; \
	    sort $(BUILD)/endurance.rows; } > $(BUILD)/endurance.md
	$(PYTHON) tests/bench/measurements.py endurance $(BUILD)/endurance.md

# Compiled as the module is.
BENCH_LEDGER = $(BUILD)/bench/ledger
$(BENCH_LEDGER): tests/bench/bench_ledger.c $(call objs,$(filter core/% \
                 ledger/%,$(LOWER_SRC)))
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(BASE)) $(INC_ledger) $(APR_CFLAGS) \
	    -o $@ $^ $(APR_LIBS) -lm -lpthread

.PHONY: bench-ledger
bench-ledger: $(BENCH_LEDGER) ## speed of the ledger, beside yardsticks
	$(BENCH_LEDGER) $(BUILD)/bench/ledger.md
	$(PYTHON) tests/bench/measurements.py ledger $(BUILD)/bench/ledger.md
