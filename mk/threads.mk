# The ledger under threads, restarts and kills.

# Only the suites with threads. Built twice: unchanged, there must be no report;
# with plain stores and sums in place of atomic ones, the race must be reported.
TSAN = $(BUILD)/tsan
THREADS_SRC = $(filter core/% ledger/%,$(LOWER_SRC)) $(addprefix \
              tests/unit/,main.c test_budget.c test_endurance.c)
$(BUILD)/threads: $(patsubst %.c,$(BUILD)/san/%.o,$(THREADS_SRC))
	$(CC) $(SAN) -o $@ $^ $(APR_LIBS) -lm $(shell pkg-config --libs check)

RUN_THREADS = CK_FORK=no CK_RUN_CASE=threads TSAN_OPTIONS=halt_on_error=1 \
              timeout 300
.PHONY: tsan
tsan: ## the ledger's threads under ThreadSanitizer, and proof that it notices races
	@$(MAKE) --no-print-directory -s $(TSAN)/threads BUILD=$(TSAN) \
	    SAN=-fsanitize=thread
	@$(MAKE) --no-print-directory -s $(TSAN)/torn/threads \
	    BUILD=$(TSAN)/torn \
	    SAN="-fsanitize=thread -include tests/unit/pg_torn.h"
	$(RUN_THREADS) $(TSAN)/threads
	@for suite in budget endurance; do \
	    CK_RUN_SUITE=$$suite $(RUN_THREADS) $(TSAN)/torn/threads \
	        > $(TSAN)/torn/$$suite.out 2>&1; \
	    grep -q "ThreadSanitizer: data race" $(TSAN)/torn/$$suite.out \
	        || { echo "$$suite: the race was not seen"; exit 1; }; \
	    echo "$$suite: with plain stores the race is seen"; \
	done

# 100 graceful restarts, 20 restarts and 1,000 killed children, under load.
.PHONY: endurance
endurance: ## restarts and kills under load, as often as for a release
	@rm -f $(BUILD)/endurance.rows
	PG_LONG=1 PG_RECORD=$(abspath $(BUILD))/endurance.rows \
	    $(MAKE) --no-print-directory e2e MPM=all T=tests/e2e/test_40_ledger_load.py
	{ printf '%s\n\n' "Three clients; nothing is subtracted. An attempt that \
	was in progress while a child was killed may be answered and not \
	counted, or counted and not answered; every other answered attempt is \
	counted once."; \
	    echo '| MPM | what was done | answered | of these, in a kill |' \
	        'unanswered | counted |'; \
	    echo '|---|---|--:|--:|--:|--:|'; \
	    sort $(BUILD)/endurance.rows; } > $(BUILD)/endurance.md
	$(PYTHON) tests/bench/measurements.py endurance $(BUILD)/endurance.md
