# The checks on another Debian than this machine's: a root made by mmdebstrap,
# entered by chroot. Needs root, and Debian's registry for the first run.
#
#   make check-in ROOT=trixie                    all tests, as make check does
#   make check-in ROOT=sid T=tests/e2e/test_41_evidence.py MPM=all

ROOT      = trixie
ROOTS     = $(BUILD)/roots
MIRROR    = http://deb.debian.org/debian
# T as given on the command line; else everything
CHECK_IN  = $(if $(filter command line,$(origin T)),e2e T="$(T)" \
              MPM="$(MPM)",check)

# Made once: remove it to get another.
$(ROOTS)/%/made:
	tools/root.sh make $(@D) $* $(MIRROR) $(PKGS)
	touch $@

.PHONY: check-in
check-in: ## make check in another Debian; ROOT=trixie|sid, T=file, MPM=
	@$(MAKE) --no-print-directory $(ROOTS)/$(ROOT)/made
	tools/root.sh run $(ROOTS)/$(ROOT) \
	    make -j$(shell nproc) -s E2E_JOBS=$(E2E_JOBS) $(CHECK_IN)
