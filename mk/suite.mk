# httpd's own test suite, where you have it: docs/httpd-tests.md.
HTTPD_TESTS =
SUITE_ARGS  =
PKGS_SUITE := apache2-bin apache2-dev perl openssl util-linux iproute2 \
        libapache2-mod-perl2-dev libwww-perl liblwp-protocol-https-perl \
        libio-socket-ssl-perl libnet-ssleay-perl libcrypt-ssleay-perl \
        libhttp-dav-perl libfcgi-perl libdatetime-perl libanyevent-perl \
        libanyevent-websocket-client-perl

.PHONY: httpd-tests deps-suite
httpd-tests: all ## httpd's own tests, with and without the module; HTTPD_TESTS=folder
	@test -n "$(HTTPD_TESTS)" || { echo "make httpd-tests: say where" \
	    "httpd's perl-framework is: HTTPD_TESTS=/path/to/perl-framework" \
	    "(docs/httpd-tests.md)" >&2; exit 2; }
	$(PYTHON) -B tests/suite/httpd_tests.py $(SUITE_ARGS) "$(HTTPD_TESTS)"

deps-suite: ## install what httpd's own tests need (root or sudo)
	@tools/deps.sh install $(PKGS_SUITE)
