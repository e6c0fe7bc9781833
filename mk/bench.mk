# Measurements, which the commands themselves write to docs/measurements.md with
# their conditions. Instruction counts do not depend on the load; for the others
# leave the machine idle.

.PHONY: bench bench-httpd
bench: bench-httpd bench-page bench-throughput bench-memory bench-slow cost bench-ledger bench-scan ## all measurements except the long ones

bench-httpd: all ## instructions per request, compared with alternatives
	PG_SLOW=10 $(PYTHON) -B tests/bench/bench_httpd.py

.PHONY: bench-throughput bench-memory
bench-throughput: all ## requests per second, alternating with bare httpd
	$(PYTHON) -B tests/bench/bench_throughput.py

bench-memory: all ## shared and private memory, before and after a million attempts
	$(PYTHON) -B tests/bench/bench_memory.py

# --- clients that dribble or wait, compared with stock httpd

.PHONY: bench-slow
bench-slow: all ## slow and nasty clients, compared with stock httpd (5 minutes)
	$(PYTHON) -B tests/bench/bench_slow.py

.PHONY: bench-page
bench-page: all ## the status page in each format, with the largest ledger
	$(PYTHON) -B tests/bench/bench_page.py

# --- the ledger

# Compiled as the module is, whatever the objects below build/ were made with.
BENCH_LEDGER = $(BUILD)/bench/ledger
$(BENCH_LEDGER): tests/bench/bench_ledger.c $(filter core/% ledger/%, \
                 $(LOWER_SRC)) $(wildcard core/*.h ledger/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(BASE)) $(LTO_core) $(INC_ledger) \
	    $(APR_CFLAGS) -o $@ $(filter %.c,$^) $(APR_LIBS) -lm -lpthread

.PHONY: bench-ledger
bench-ledger: $(BENCH_LEDGER) ## speed of the ledger, compared with yardsticks
	$(BENCH_LEDGER) $(BUILD)/bench/ledger.md
	$(PYTHON) tests/bench/measurements.py ledger $(BUILD)/bench/ledger.md

.PHONY: bench-lanes
bench-lanes: $(BENCH_LEDGER) ## the same, up to a thread for each processor
	$(BENCH_LEDGER) $(BUILD)/bench/lanes.md lanes
	$(PYTHON) tests/bench/measurements.py lanes $(BUILD)/bench/lanes.md

# --- the log scan

# The scan compared with grep, wc, mawk and, where it is installed, GoAccess,
# all on the same generated file in the page cache.
BENCH_MIB  = 1024
BENCH_SCAN =
.PHONY: bench-scan
bench-scan: all ## speed of the log scan; BENCH_MIB=1024 BENCH_SCAN=--print
	@mkdir -p $(BUILD)/bench
	@$(PYTHON) -B tests/bench/bench_scan.py $(BENCH_SCAN) \
	    $(BUILD)/proxyguard $(BUILD)/bench/$(BENCH_MIB).log $(BENCH_MIB)

# --- the classifier

# How the classifier does on request lines that others have labelled.

.PHONY: score
score: $(BUILD)/score ## classify labelled request lines; FILE=rows.tsv RECORD=1
	$(BUILD)/score $(FILE) > $(BUILD)/score.txt; status=$$?; \
	    cat $(BUILD)/score.txt; \
	    test -z "$(RECORD)" || tail -n 1 $(BUILD)/score.txt | \
	    $(PYTHON) tests/bench/measurements.py score; exit $$status

$(BUILD)/score: $(BUILD)/obj/tests/bench/score.o \
                $(call objs,$(call srcs,core))
	$(CC) $(LDFLAGS) -o $@ $^ $(APR_LIBS)

$(BUILD)/obj/tests/bench/%.o: tests/bench/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(BASE) $(INC_core) $(APR_CFLAGS) -c -o $@ $<

# Instructions per request, by callgrind; fails when a limit is passed.
.PHONY: cost
cost: $(BUILD)/cost ## instructions that one classification costs
	$(PYTHON) tests/bench/cost.py $(BUILD)/cost

$(BUILD)/cost: $(BUILD)/obj/tests/bench/cost.o \
               $(call objs,$(call srcs,core))
	$(CC) $(LDFLAGS) -o $@ $^ $(APR_LIBS)

.PHONY: bench-sink
bench-sink: all ## the sink: memory, effect on the site, 100 restarts and kills
	@rm -f $(BUILD)/sink.rows
	PG_LONG=1 PG_RECORD=$(abspath $(BUILD))/sink.rows \
	    $(MAKE) --no-print-directory e2e MPM=all E2E_JOBS=1 \
	    T="tests/e2e/test_93_sink_life.py -k answered"
	$(PYTHON) -B tests/bench/bench_sink.py $(BUILD)/sink.rows
