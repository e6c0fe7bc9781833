# The engines that many servers feed: the real ones, on real evidence. A target
# of its own, because it installs them.

FLEET       = $(BUILD)/fleet
PKGS_FLEET := clickhouse-server clickhouse-client python3-distributed \
        parallel
PKGS_NODE  := nodejs npm
PKGS_YAML  := python3-yaml
# unpacked, not installed: they would replace or start what a machine has
UNPACK     := rsyslog libestr0 libfastjson4 liblognorm5 syslog-ng-core \
        syslog-ng-mod-http libivykis0 libnet1 crowdsec
DUCKDB      = $(FLEET)/node_modules/@duckdb/node-api/package.json

$(DUCKDB):
	@mkdir -p $(FLEET)
	npm install --silent --no-audit --no-fund --prefix $(FLEET) \
	    @duckdb/node-api

$(FLEET)/unpacked/made:
	mkdir -p $(FLEET)/debs $(@D)
	cd $(FLEET)/debs && apt-get -q download $(UNPACK)
	for deb in $(FLEET)/debs/*.deb; do \
	    dpkg -x $$deb $(FLEET)/unpacked || exit 1; done
	touch $@

.PHONY: check-fleet
check-fleet: need ## evidence logs and the filter through the engines of packaging/
	@tools/deps.sh need $(PKGS_FLEET) $(PKGS_YAML)
	@command -v node >/dev/null || tools/deps.sh need $(PKGS_NODE)
	@$(MAKE) --no-print-directory all $(DUCKDB) \
	    $(FLEET)/unpacked/made
	@$(MAKE) --no-print-directory e2e \
	    T="$(if $(filter command line,$(origin T)),$(T),tests/fleet)"
