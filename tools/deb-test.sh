#!/bin/bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# tools/deb-test.sh FOLDER-WITH-DEB
# Makes a clean Debian root, and in it: install, the package's own smoke test,
# every example of a configuration, an upgrade that keeps the counts, a rotated
# evidence log, removal that leaves a working httpd, and a purge that leaves
# nothing. As root; the server listens on 127.0.0.1 only.
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
        # lazily: httpd may need a moment to end
        if mountpoint -q "$root/$place"; then umount -l "$root/$place"; fi
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

restart_clean() {
    inside apache2ctl stop
    for _ in $(seq 100); do
        [[ -e "$root/run/apache2/apache2.pid" ]] || break
        sleep 0.1
    done
    inside apache2ctl start
    listening
}

trap finish EXIT
mmdebstrap --quiet --variant=minbase --include=apache2,ca-certificates,curl,logrotate,procps \
    bookworm "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
echo "Listen 127.0.0.1:$port" > "$root/etc/apache2/ports.conf"
echo "ServerName www.own.example" >> "$root/etc/apache2/apache2.conf"
sed -i "s/\*:80/*:$port/" "$root/etc/apache2/sites-available/000-default.conf"

echo "deb-test: install"
cp "$deb" "$root/tmp/one.deb"
# mmdebstrap leaves no lists, and the root has not all that it depends on
inside apt-get -qq update
inside apt-get -qq install -y /tmp/one.deb >/dev/null
cp "$(dirname "$0")/../packaging/debian/tests/smoke" "$root/tmp/smoke"
# as autopkgtest runs it: on port 80, which a network of its own has free
echo "Listen 127.0.0.1:80" > "$root/etc/apache2/ports.conf"
# shellcheck disable=SC2016  # $1 is for the inner shell
unshare --net sh -c 'ip link set lo up && chroot "$1" /tmp/smoke' sh "$root"
echo "Listen 127.0.0.1:$port" > "$root/etc/apache2/ports.conf"
restart_clean
expect "an attempt" "$(attempt)" "HTTP/1.1 405 Method Not Allowed"
expect "an ordinary request" "$(ordinary)" "HTTP/1.1 200 OK"
expect "counted" "$(counted)" 2
inside proxyguard --version >/dev/null
expect "the checkpoint's folder" \
    "$(inside stat -c '%U:%G %a' /var/lib/proxyguard)" "root:adm 750"

echo "deb-test: examples, evidence and its rotation"
examples=/usr/share/doc/libapache2-mod-proxyguard/examples/howto
own=/etc/apache2/conf-enabled/zz-example.conf
evidence=/var/log/apache2/relay-evidence.json
for example in "$root$examples"/*.conf; do
    name=$(basename "$example")
    # what an example needs is said in its first lines as "Needs: a2enmod ..."
    modules=$(sed -n 's/^# *Needs: a2enmod //p' "$example")
    # shellcheck disable=SC2086  # a list of words
    [[ -z "$modules" ]] || inside a2enmod -q $modules >/dev/null
    cp "$example" "$root$own"
    # shellcheck disable=SC2310  # its failure is the one that is wanted
    inside apache2ctl configtest >/dev/null 2>"$folder/configtest.txt" ||
        { cat "$folder/configtest.txt"; fail "$name is refused"; }
    rm "$root$own"
    # shellcheck disable=SC2086
    [[ -z "$modules" ]] || inside a2dismod -q -f $modules >/dev/null
done
cp "$root$examples/honeypot.conf" "$root$own"
inside apache2ctl restart
listening
attempt >/dev/null
# there is no init here, and invoke-rc.d then starts nothing by itself
printf '#!/bin/sh\nexit 0\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
inside logrotate -f /etc/logrotate.d/libapache2-mod-proxyguard
listening
attempt >/dev/null
for file in "$evidence" "$evidence.1"; do
    expect "$file" "$(inside grep -c connect-mail "$file")" 1
done
rm "$root$own"
inside apache2ctl restart
listening

echo "deb-test: upgrade"
dpkg-deb -R "$deb" "$folder/two"
sed -i 's/^Version: .*/&+next/' "$folder/two/DEBIAN/control"
dpkg-deb -b "$folder/two" "$root/tmp/two.deb" >/dev/null
rm -rf "$folder/two"
inside dpkg -i /tmp/two.deb >/dev/null
inside apache2ctl graceful
listening
attempt >/dev/null
expect "counted after the upgrade" "$(counted)" 5

echo "deb-test: removal"
inside apt-get -qq remove -y libapache2-mod-proxyguard >/dev/null
restart_clean
expect "without the module" "$(ordinary)" "HTTP/1.1 200 OK"

echo "deb-test: purge"
inside apt-get -qq purge -y libapache2-mod-proxyguard >/dev/null
left=$(find "$root" -xdev -name '*proxyguard*' -not -path "$root/proc/*" \
    -not -path "$root/var/log/*" -not -path "$root/var/lib/apt/*" \
    -not -path "$root/var/cache/*")
expect "left after the purge" "$left" ""
echo "deb-test: good"
