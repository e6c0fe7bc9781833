#!/bin/sh
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# tools/deps.sh install|need PACKAGE...
#   install  install Debian packages; elsewhere print the names to install
#   need     the same, only when something is missing
set -eu

missing_packages() {
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
            2>/dev/null) || state=none
        [ "$state" = installed ] || printf '%s ' "$package"
    done
}

# Systems without dpkg: ask for the things, not for their packages.
missing_things() {
    for command in "${CC:-cc}" apxs pkg-config openssl python3; do
        command -v "$command" >/dev/null 2>&1 || printf '%s ' "$command"
    done
    for library in apr-1 apr-util-1 jansson zlib libzstd liblzma check; do
        pkg-config --exists "$library" 2>/dev/null || printf '%s ' "$library"
    done
    for import in pytest xdist h2; do
        python3 -c "import $import" 2>/dev/null || printf '%s ' "$import"
    done
}

print_names() {
    cat <<'END'
Install these with your system's package manager, then try again:
  Fedora  gcc make pkgconf httpd httpd-devel mod_http2 mod_ssl apr-devel
          apr-util-devel jansson-devel libmaxminddb-devel zlib-devel libzstd-devel xz-devel
          check-devel libasan libubsan openssl strace python3
          python3-pytest python3-pytest-xdist python3-h2
  Alpine  build-base pkgconf apache2 apache2-dev apache2-http2 apache2-ssl
          apache2-proxy apr-dev apr-util-dev jansson-dev libmaxminddb-dev zlib-dev zstd-dev
          xz-dev check-dev openssl strace python3
          py3-pytest py3-pytest-xdist py3-h2
  Arch    base-devel apache apr apr-util jansson libmaxminddb zlib zstd xz
          check openssl
          strace python
          python-pytest python-pytest-xdist python-h2
  macOS   brew install httpd apr apr-util jansson libmaxminddb zstd xz check pkg-config openssl python
          and: pip3 install pytest pytest-xdist h2
END
}

install_packages() {
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            echo "make deps: neither root nor sudo is here; as root, run:" >&2
            echo "  apt-get install $*" >&2
            exit 1
        fi
        as_root="sudo"
    fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
        --no-install-recommends "$@"
}

mode=$1
shift
if command -v apt-get >/dev/null 2>&1; then
    missing=$(missing_packages "$@")
    if [ -n "$missing" ]; then
        echo "make deps: to be installed: $missing"
        # shellcheck disable=SC2086  # a list of words
        install_packages $missing
    elif [ "$mode" = install ]; then
        echo "make deps: everything is there"
    fi
    exit 0
fi
missing=$(missing_things)
if [ -n "$missing" ]; then
    echo "make deps: not found here: $missing" >&2
    print_names >&2
    exit 1
fi
[ "$mode" = need ] || print_names
