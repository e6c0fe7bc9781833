# Load of all kinds on each MPM, while everything is done to the server that
# servers have to go through; needs root, for tmpfs of its own and for limits.
# SOAK_SEED repeats a schedule; SOAK_GUARD=off runs httpd alone, to learn which
# faults are its own; SOAK_MORE: other options, such as --mpm and --act.

SOAK_SECONDS = 600
SOAK_SEED    =
SOAK_GUARD   = on
SOAK_MORE    =
.PHONY: soak
soak: all need-dev ## everything at once, for a while; SOAK_SECONDS=600
	$(PYTHON) -B tests/soak/soak.py --seconds $(SOAK_SECONDS) \
	    $(if $(SOAK_SEED),--seed $(SOAK_SEED)) --guard $(SOAK_GUARD) \
	    $(SOAK_MORE)

.PHONY: soak-selftest
soak-selftest: all need-dev ## check that the soak notices a broken module (5 minutes)
	$(PYTHON) -B tests/soak/soak_selftest.py

# SOAK_MORE="SPEED RESTARTS"; with a clock of speed 1 nothing happens.
.PHONY: soak-http2
soak-http2: need-dev ## httpd alone: a clock set forward crashes mod_http2's threads
	$(PYTHON) -B tests/soak/soak_http2.py $(SOAK_MORE)
