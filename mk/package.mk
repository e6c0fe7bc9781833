# Packages. The version is defined in mod_proxyguard.h and nowhere else.
VERSION := $(shell sed -n 's/^\#define PROXYGUARD_VERSION "\(.*\)"/\1/p' \
           mod_proxyguard.h)
# of the last commit, so that two builds of one tree are the same
STAMP    = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct \
           2>/dev/null),$(shell stat -c %Y CHANGELOG.md))
PKGS_DEB := debhelper lintian mmdebstrap fakeroot curl iproute2

DIST = mod_proxyguard-$(VERSION)
.PHONY: dist deb deb-test
dist: ## build/mod_proxyguard-VERSION.tar.gz of the committed tree, and APKBUILD for it
	@mkdir -p $(BUILD)
	git archive --prefix=$(DIST)/ HEAD | gzip -n9 > $(BUILD)/$(DIST).tar.gz
	sum=$$(cd $(BUILD) && sha512sum $(DIST).tar.gz) && \
	    sed -e "s/^SKIP  $(DIST).tar.gz$$/$$sum/" \
	    -e '/^# in build.APKBUILD/d' packaging/alpine/APKBUILD \
	    > $(BUILD)/APKBUILD
	@echo $(BUILD)/$(DIST).tar.gz

DEB_DIR = $(BUILD)/deb
deb: dist ## build/deb/libapache2-mod-proxyguard_VERSION_ARCH.deb, checked by lintian
	@tools/deps.sh need $(PKGS_DEB)
	rm -rf $(DEB_DIR) && mkdir -p $(DEB_DIR)
	tar xzf $(BUILD)/$(DIST).tar.gz -C $(DEB_DIR)
	cp -r packaging/debian $(DEB_DIR)/$(DIST)/debian
	printf 'mod-proxyguard (%s) unstable; urgency=medium\n\n%s\n\n -- %s  %s\n' \
	    $(VERSION) "  * See CHANGELOG.md." \
	    "$$(sed -n 's/^Maintainer: //p' packaging/debian/control)" \
	    "$$(date -u -R -d @$(STAMP))" > $(DEB_DIR)/$(DIST)/debian/changelog
	cd $(DEB_DIR)/$(DIST) && MAKEFLAGS= SOURCE_DATE_EPOCH=$(STAMP) \
	    dpkg-buildpackage -us -uc -b -rfakeroot >../build.log 2>&1 || \
	    { tail -30 ../build.log; exit 1; }
	lintian --allow-root --fail-on error,warning --suppress-tags \
	    initial-upload-closes-no-bugs $(DEB_DIR)/*.changes
	@ls $(DEB_DIR)/*.deb

deb-test: deb ## install, upgrade, remove and purge that package in a clean root
	tools/deb-test.sh $(DEB_DIR)

# As root: roots and mounts. Where podman cannot be had, the test that builds
# with it is shown as skipped, with the reason; the others need no builder.
.PHONY: check-packages
check-packages: all need ## RPM, APKBUILD and container, built and tried
	@tools/deps.sh need rpm rpm2cpio cpio mmdebstrap $(PKGS_YAML)
	-@tools/deps.sh need podman runc
	PYTEST_ADDOPTS=-rs PG_MIRROR=$(MIRROR) \
	    $(MAKE) --no-print-directory e2e \
	    T="$(if $(filter command line,$(origin T)),$(T),tests/packages)" \
	    MPM=event

.PHONY: lint-package
lint-package: ## rpmlint and a parse of the spec; the shell of APKBUILD
	@tools/deps.sh need rpm rpmlint
	rpmspec -P packaging/rpm/mod_proxyguard.spec >/dev/null
	rpmlint packaging/rpm/mod_proxyguard.spec
	sh -n packaging/alpine/APKBUILD
