# How the classifier does on request lines that others have labelled.

.PHONY: score
score: $(BUILD)/score ## classify labelled request lines; FILE=rows.tsv
	$(BUILD)/score $(FILE)

$(BUILD)/score: $(BUILD)/obj/tests/bench/score.o \
                $(call objs,$(call srcs,core))
	$(CC) $(LDFLAGS) -o $@ $^ $(APR_LIBS)

$(BUILD)/obj/tests/bench/%.o: tests/bench/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(BASE) $(INC_core) $(APR_CFLAGS) -c -o $@ $<
