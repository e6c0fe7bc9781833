# The checks on another Debian than this machine's: a root made by mmdebstrap,
# entered by chroot. Needs root, and Debian's registry for the first run.
#
#   make check-in ROOT=trixie                    all tests, as make check does
#   make check-in ROOT=sid T=tests/e2e/test_41_evidence.py MPM=all
#   make check-in ROOT=sid WHAT="unit CC=clang WERROR=-Werror BUILD=build/c"

ROOT      = trixie
ROOTS     = $(BUILD)/roots
MIRROR    = http://deb.debian.org/debian
# T as given on the command line; else everything
WHAT      = $(if $(filter command line,$(origin T)),e2e T="$(T)" \
              MPM="$(MPM)",check)

# Made once: remove it to get another.
$(ROOTS)/%/made:
	tools/root.sh make $(@D) $* $(MIRROR) $(PKGS) clang libclang-rt-dev
	touch $@

# Units, and the command beside this machine's own, on other processors:
# cross-built and run by qemu. armhf has 32 bits, s390x the other byte order,
# all three an unsigned char.
ARCH       = s390x
TRIPLE     = $(or $(TRIPLE_$(ARCH)),$(error ARCH=$(ARCH): it is arm64, armhf \
             or s390x))
TRIPLE_arm64 := aarch64-linux-gnu
TRIPLE_armhf := arm-linux-gnueabihf
TRIPLE_s390x := s390x-linux-gnu
QEMU_arm64   := aarch64
QEMU_armhf   := arm
QEMU_s390x   := s390x
ARCH_ROOT  = $(abspath $(ROOTS))/$(ARCH)
QEMU       = $(ARCH_ROOT)/usr/bin/qemu-$(QEMU_$(ARCH))-static -L $(ARCH_ROOT)
PKGS_ARCH  = make pkg-config qemu-user-static gcc-$(TRIPLE) \
             $(addsuffix :$(ARCH),libc6-dev libapr1-dev libaprutil1-dev \
             libjansson-dev check zlib1g-dev libzstd-dev liblzma-dev)
ARCH_BUILD = $(ARCH_ROOT)/src/build

.PHONY: check-arch
check-arch: all ## units, scan, ledger and merge on ARCH=arm64|armhf|s390x, by qemu
	test -e $(ARCH_ROOT)/made || { ARCH=$(ARCH) tools/root.sh make \
	    $(ARCH_ROOT) bookworm $(MIRROR) $(PKGS_ARCH) && \
	    touch $(ARCH_ROOT)/made; }
	tools/root.sh run $(ARCH_ROOT) env \
	    PKG_CONFIG_LIBDIR=/usr/lib/$(TRIPLE)/pkgconfig:/usr/share/pkgconfig \
	    make -s -j$(shell nproc) CC=$(TRIPLE)-gcc APXS=true SAN= \
	    build/unit build/proxyguard
	cd $(ARCH_ROOT)/src && PG_CASES=tests/cases CK_FORK=no \
	    CK_VERBOSITY=normal CK_TIMEOUT_MULTIPLIER=20 timeout 3600 $(QEMU) $(ARCH_BUILD)/unit
	BUILD=$(abspath $(BUILD)) PG_OTHER="$(QEMU) $(ARCH_BUILD)/proxyguard" \
	    $(PYTEST) tests/arch

.PHONY: check-in
check-in: ## make check in another Debian; ROOT=trixie|sid, T=file, MPM=, WHAT=
	@$(MAKE) --no-print-directory $(ROOTS)/$(ROOT)/made
	tools/root.sh run $(ROOTS)/$(ROOT) \
	    make -j$(shell nproc) -s E2E_JOBS=$(E2E_JOBS) $(WHAT)

# An httpd that is not Debian's: its modules built in, another layout. For one
# of yours: make demo check APXS=/path/to/apxs
SOURCE = $(abspath $(BUILD))/httpd
.PHONY: check-httpd
check-httpd: need ## the demo, and tests of what httpd does, with an httpd built from source
	test -x $(SOURCE)/inst/bin/apxs || tools/httpd.sh $(SOURCE) $(MIRROR) \
	    bookworm
	APXS=$(SOURCE)/inst/bin/apxs $(MAKE) --no-print-directory demo e2e \
	    BUILD=$(BUILD)/with-source APXS=$(SOURCE)/inst/bin/apxs \
	    T="$(T_SOURCE)" E2E_JOBS=1
T_SOURCE := tests/e2e/test_10_seed.py tests/e2e/test_11_ordinary.py

# NAMES: those of tests/bench/check_roots.py; without, all of them: hours
.PHONY: check-roots
check-roots: ## before a release: Debian 13, sid, other processors, httpd's source
	@mkdir -p $(BUILD)
	MAKEFLAGS= $(PYTHON) -B tests/bench/check_roots.py $(BUILD) $(ROOTS) \
	    $(NAMES)
