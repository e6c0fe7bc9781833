# The command, and what it is linked with in addition to the module's libraries.

# defined once, in mod_proxyguard.h, which the command cannot include
PRODUCT_VERSION := $(shell sed -n 's/.*PROXYGUARD_VERSION "\(.*\)"/\1/p' \
                     mod_proxyguard.h)
# countries and networks, if it is installed; GEO= leaves it out
GEO        := $(shell pkg-config --exists libmaxminddb && echo libmaxminddb)
CLI_PKGS    = apr-util-1 liblzma libzstd zlib $(GEO)
# _FILE_OFFSET_BITS: logs of more than 2 GiB, where off_t would have 32 bits
CLI_CFLAGS  = $(call asked,CLI_CFLAGS,pkg-config --cflags $(CLI_PKGS))
CLI_FLAGS   = -D_FILE_OFFSET_BITS=64 $(CLI_CFLAGS) $(GEO:%=-DPG_GEO) \
              -DPROXYGUARD_VERSION='"$(PRODUCT_VERSION)"' \
              -DPROXYGUARD_MODULE_DIR='"$(MODULE_INSTALLED)"'
# asked once, not for every object
MODULE_INSTALLED := $(shell $(APXS) -q LIBEXECDIR)
CLI_LIBS    = $(call asked,CLI_LIBS,pkg-config --libs $(CLI_PKGS); echo -pthread)
# without its main file, which has main()
CLI_LIB    := $(SCAN_SRC) $(filter-out cli/proxyguard.c,$(CLI_SRC))

# Attempts per month at two sensors, GET and CONNECT apart, from made-up logs.
FIGURES := docs/figures
.PHONY: figures
figures: all $(SAMPLE) ## docs/figures and docs/images, from made-up logs and reports
	@mkdir -p $(BUILD)/figures $(FIGURES)
	$(PYTHON) tests/synth/synth_log.py sensors $(BUILD)/figures
	for s in north south; do \
	    $(BUILD)/proxyguard scan -q -O json $(BUILD)/figures/$$s.log \
	        > $(BUILD)/figures/$$s.json; test $$? = 1 || exit 1; done
	for f in get connect; do \
	    $(BUILD)/proxyguard compare -O svg --family $$f --lang en \
	        north=$(BUILD)/figures/north.json \
	        south=$(BUILD)/figures/south.json \
	        > $(FIGURES)/attempts-$$f.svg || exit 1; done
	for f in text:txt html:html markdown:md; do \
	    $(BUILD)/proxyguard report -O $${f%:*} --month 2014-10 --lang en \
	        north=$(BUILD)/figures/north.json \
	        south=$(BUILD)/figures/south.json \
	        > $(FIGURES)/report.$${f#*:} || exit 1; done
	$(SAMPLE) full html > $(BUILD)/figures/status.html
	$(SAMPLE) full html lang=ja > $(BUILD)/figures/status.ja.html
	cp $(FIGURES)/report.html $(BUILD)/figures/report.html
	$(BUILD)/proxyguard compare -O html --lang ja \
	    north=$(BUILD)/figures/north.json south=$(BUILD)/figures/south.json \
	    > $(BUILD)/figures/compare.ja.html
	for s in status:1 status.ja:0 report:1 compare.ja:0; do \
	    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
	        --user-data-dir=$(BUILD)/figures/profile --window-size=1180,1300 \
	        --blink-settings=preferredColorScheme=$${s#*:} \
	        --screenshot=docs/images/$${s%:*}.png \
	        $(BUILD)/figures/$${s%:*}.html 2> /dev/null || exit 1; done
