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
