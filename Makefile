# mod_proxyguard. `make demo` shows it at work, `make check` runs all tests;
# both install what they need. `make help` lists the rest.
#
# The lower folders are compiled without httpd's include path, each only with
# the folders that it may include, so a wrong #include is a compile error.

CC       = gcc
BUILD    = build
APXS     = apxs
PYTHON   = /usr/bin/python3
CFLAGS   = -O2 -g
LDFLAGS  =
DESTDIR  =
PREFIX   = /usr/local

STD   := -std=c11 -D_GNU_SOURCE
# Developers and CI set WERROR=-Werror, for example in the environment. For
# everybody else, a new compiler's new warnings must not be errors.
WERROR ?=
WARN  := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
         -Wmissing-prototypes -Wvla $(WERROR)
# those of the list that this compiler has for this machine, asked once
can    = $(foreach f,$(1),$(shell $(CC) -Werror $(f) -c -x c /dev/null \
         -o /dev/null 2>/dev/null && echo $(f)))
EXTRA := $(strip $(call can,-fstack-clash-protection -fcf-protection \
         -mbranch-protection=standard))
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fno-plt $(EXTRA)
# the same output from any folder
MAPS  := -ffile-prefix-map=$(CURDIR)=.
BASE   = $(STD) $(WARN) $(HARDEN) $(MAPS) -fPIC -fvisibility=hidden \
         $(CFLAGS) -MMD -MP
# as the linker needs it for what it compiles
BUILT  = $(LTO_core) $(HARDEN) $(MAPS) -fPIC $(CFLAGS)
# macOS's linker knows neither version scripts nor relro
ifeq ($(shell uname),Darwin)
LINK   =
MODULE_LINK = -bundle -undefined dynamic_lookup \
              -Wl,-exported_symbol,_proxyguard_module
else
LINK   = -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
MODULE_LINK = -shared -Wl,--version-script=exports.map
endif

# evaluated only where it is needed, and once, not for every object
asked = $(eval $(1) := $$(shell $(2)))$($(1))
APR_CFLAGS     = $(call asked,APR_CFLAGS,pkg-config --cflags apr-1)
APR_LIBS       = $(call asked,APR_LIBS,pkg-config --libs apr-1)
JANSSON_CFLAGS = $(call asked,JANSSON_CFLAGS,pkg-config --cflags jansson)
JANSSON_LIBS   = $(call asked,JANSSON_LIBS,pkg-config --libs jansson)
HTTPD_CFLAGS   = $(call asked,HTTPD_CFLAGS,echo -isystem \
                 `$(APXS) -q INCLUDEDIR` `pkg-config --cflags apr-util-1`)

# folder -> what it may include
INC_core   = -Icore
INC_ledger = $(INC_core) -Iledger
INC_audit  = $(INC_core) -Iaudit
INC_report = $(INC_core) -Ireport $(JANSSON_CFLAGS)
INC_scan   = $(INC_core) -Iledger -Iscan $(JANSSON_CFLAGS) $(CLI_FLAGS)
INC_cli    = $(INC_scan) -Ireport -Icli
INC_httpd  = $(INC_core) -Iledger -Iaudit -Ireport -Ihttpd -I. \
             $(HTTPD_CFLAGS) -Wno-missing-field-initializers \
             -Wno-unused-parameter -fvisibility=default
# (httpd's macros declare the module record without a visibility, so the glue
# must not hide by default; exports.map hides the rest of it)

# The code that each attempt and each line of a log runs is optimised as a
# whole, if the compiler can do that.
LTO_core   := $(shell echo 'int main(void) { return 0; }' | \
                $(CC) -Werror -flto=auto -fuse-linker-plugin -x c - \
                -o /dev/null 2>/dev/null && \
                echo -flto=auto -ffat-lto-objects)
LTO_ledger := $(LTO_core)
LTO_scan   := $(LTO_core)

LOWER := core ledger audit report
srcs   = $(sort $(wildcard $(1)/*.c))
objs   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

LOWER_SRC := $(foreach d,$(LOWER),$(call srcs,$(d)))
GLUE_SRC  := $(wildcard mod_proxyguard.c) $(call srcs,httpd)
SCAN_SRC  := $(call srcs,scan)
CLI_SRC   := $(call srcs,cli)
MODULE     = $(BUILD)/mod_proxyguard.so
COMMAND    = $(if $(CLI_SRC),$(BUILD)/proxyguard)

.PHONY: all
all: $(MODULE) $(COMMAND) ## build/mod_proxyguard.so and build/proxyguard

# reports that only the command makes
CLI_REPORT := $(patsubst %,report/pg_%.c,article compare explaintext geo monthly \
                sensorchart sensors)

$(MODULE): $(call objs,$(filter-out $(CLI_REPORT),$(LOWER_SRC)) $(GLUE_SRC)) \
    exports.map
	$(CC) $(MODULE_LINK) $(BUILT) $(LDFLAGS) $(LINK) -o $@ \
	    $(filter %.o,$^) $(JANSSON_LIBS) -lm

$(BUILD)/proxyguard: $(call objs,$(LOWER_SRC) $(SCAN_SRC) $(CLI_SRC))
	$(CC) -pie $(BUILT) $(LDFLAGS) $(LINK) -o $@ $^ $(APR_LIBS) $(JANSSON_LIBS) \
	    $(CLI_LIBS) -lm

define rule
$(BUILD)/obj/$(1)/%.o: $(1)/%.c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(BASE) $$(LTO_$(1)) $$(INC_$(1)) $$(APR_CFLAGS) -c -o $$@ $$<
endef
$(foreach d,$(LOWER) scan cli httpd,$(eval $(call rule,$(d))))

$(BUILD)/obj/mod_proxyguard.o: mod_proxyguard.c Makefile
	@mkdir -p $(@D)
	$(CC) $(BASE) $(INC_httpd) $(APR_CFLAGS) -c -o $@ $<

# not those of other trees below it: httpd's own tests, packages
-include $(shell find $(BUILD) \( -path $(BUILD)/suite -o \
    -path $(BUILD)/deb -o -path $(BUILD)/roots -o \
    -path $(BUILD)/httpd \) -prune -o -type f \
    -name '*.d' -print 2>/dev/null)

# deps.mk, install.mk, lint.mk, test.mk, ...: one file for each purpose
include $(sort $(wildcard mk/*.mk))

.PHONY: demo run
demo: need ## replay four real relay attempts at a private httpd
	@$(MAKE) --no-print-directory -s all
	@$(PYTHON) tools/demo.py

run: need ## the same, left running until Ctrl-C
	@$(MAKE) --no-print-directory -s all
	@$(PYTHON) tools/demo.py --keep

.PHONY: clean help
clean: ## remove build/ and Python's caches
	rm -rf $(BUILD) .pytest_cache
	find tests tools -name __pycache__ -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
	    sort | awk -F '\t' '{ printf "  %-16s %s\n", $$1, $$2 }'
