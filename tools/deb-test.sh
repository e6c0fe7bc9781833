#!/bin/bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# tools/deb-test.sh FOLDER-WITH-DEB
# Makes a clean Debian root, and in it: install, a2enmod, an attempt, an
# upgrade that keeps the counts, removal that leaves a working httpd, and a
# purge that leaves nothing. As root; the server listens on 127.0.0.1 only.
set -euo pipefail

folder=$1
root=$(mktemp -d)
chmod 755 "$root"
port=18431
deb=$(ls "$folder"/libapache2-mod-proxyguard_*.deb)

fail() { echo "deb-test: $1" >&2; exit 1; }
inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"; }
finish() {
    # shellcheck disable=SC2310  # what is not running cannot be stopped
    inside apache2ctl stop >/dev/null 2>&1 || true
    for place in proc dev; do
        if mountpoint -q "$root/$place"; then umount "$root/$place"; fi
    done
    rm -rf --one-file-system "$root"
}

# One exchange: what to send, and the first line of the answer.
ask() {
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf '%b' "$1" >&3
    IFS= read -r -t 10 answer <&3 || answer=
    exec 3<&- 3>&-
    printf '%s\n' "${answer%$'\r'}"
}
attempt() { ask 'CONNECT mx.example:25 HTTP/1.0\r\n\r\n'; }
ordinary() { ask 'GET / HTTP/1.0\r\n\r\n'; }
counted() {
    curl -s "http://127.0.0.1:$port/proxyguard-status?format=json" |
        sed -n 's/^ *"attempts": \([0-9]*\),*$/\1/p' | head -n 1
}
expect() { [[ "$2" == "$3" ]] || fail "$1: '$2', not '$3'"; }
listening() {
    for _ in $(seq 100); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
        sleep 0.1
    done
    fail "httpd does not listen"
}

trap finish EXIT
mmdebstrap --quiet --variant=minbase --include=apache2,ca-certificates \
    bookworm "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
echo "Listen 127.0.0.1:$port" > "$root/etc/apache2/ports.conf"
echo "ServerName www.own.example" >> "$root/etc/apache2/apache2.conf"
sed -i "s/\*:80/*:$port/" "$root/etc/apache2/sites-available/000-default.conf"

echo "deb-test: install"
cp "$deb" "$root/tmp/one.deb"
inside apt-get -qq install -y /tmp/one.deb >/dev/null
inside a2enmod -q proxyguard
inside apache2ctl start
listening
expect "an attempt" "$(attempt)" "HTTP/1.1 405 Method Not Allowed"
expect "an ordinary request" "$(ordinary)" "HTTP/1.1 200 OK"
expect "counted" "$(counted)" 1
inside proxyguard --version >/dev/null

echo "deb-test: upgrade"
dpkg-deb -R "$deb" "$folder/two"
sed -i 's/^Version: .*/&+next/' "$folder/two/DEBIAN/control"
dpkg-deb -b "$folder/two" "$root/tmp/two.deb" >/dev/null
rm -rf "$folder/two"
inside dpkg -i /tmp/two.deb >/dev/null
inside apache2ctl graceful
listening
attempt >/dev/null
expect "counted after the upgrade" "$(counted)" 2

echo "deb-test: removal"
inside apt-get -qq remove -y libapache2-mod-proxyguard >/dev/null
inside apache2ctl stop
inside apache2ctl start
listening
expect "without the module" "$(ordinary)" "HTTP/1.1 200 OK"

echo "deb-test: purge"
inside apt-get -qq purge -y libapache2-mod-proxyguard >/dev/null
left=$(find "$root" -xdev -name '*proxyguard*' -not -path "$root/proc/*" \
    -not -path "$root/var/log/*" -not -path "$root/var/lib/apt/*" \
    -not -path "$root/var/cache/*")
expect "left after the purge" "$left" ""
echo "deb-test: good"
