# The command: what it is linked with besides what the module has.

# said once, in mod_proxyguard.h, which the command cannot include
PRODUCT_VERSION := $(shell sed -n 's/.*PROXYGUARD_VERSION "\(.*\)"/\1/p' \
                     mod_proxyguard.h)
CLI_PKGS   := apr-util-1 liblzma libzstd zlib
CLI_FLAGS   = $(shell pkg-config --cflags $(CLI_PKGS)) \
              -DPROXYGUARD_VERSION='"$(PRODUCT_VERSION)"'
CLI_LIBS    = $(shell pkg-config --libs $(CLI_PKGS)) -pthread
# without its main file, which has main()
CLI_LIB    := $(filter-out cli/proxyguard.c,$(CLI_SRC))
