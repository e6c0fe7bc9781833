# Debian's names; tools/deps.sh has those of other systems. PKGS is what
# all, demo, run and check need; PKGS_DEV is for lint, fuzz, bench and CI.
PKGS := apache2-bin apache2-utils apache2-dev libapr1-dev libaprutil1-dev libjansson-dev \
        zlib1g-dev libzstd-dev liblzma-dev libmaxminddb-dev zstd gcc libc6-dev make \
        pkg-config check openssl binutils mount strace \
        python3 python3-pytest python3-pytest-xdist python3-h2 python3-jsonschema \
        chromium fonts-ipafont-gothic tidy w3m lynx jq libapache2-mod-security2 \
        curl wget nmap ncat nghttp2-client proxychains4 proxytunnel corkscrew \
        socat swaks msmtp postfix hopm \
        fail2ban python3-systemd systemd-journal-remote prometheus faketime
PKGS_DEV := clang libclang-rt-14-dev clang-tidy clang-format cppcheck \
        shellcheck pyflakes3 valgrind lcov git gdb \
        mandoc mawk goaccess ripgrep

.PHONY: deps deps-dev need need-dev
deps: ## install what build, demo and check need (root or sudo)
	@tools/deps.sh install $(PKGS)

deps-dev: ## the same, and what lint, fuzz and the rest need
	@tools/deps.sh install $(PKGS) $(PKGS_DEV)

# like deps, but quiet and quick when nothing is missing
need:
	@tools/deps.sh need $(PKGS)

need-dev:
	@tools/deps.sh need $(PKGS) $(PKGS_DEV)
