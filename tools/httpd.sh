#!/bin/sh
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# tools/httpd.sh FOLDER MIRROR SUITE
#   FOLDER/inst: httpd as its authors release it, from Debian's source package
#   without Debian's changes; the modules that everybody uses built in, the
#   layout not Debian's
set -eu

[ $# = 3 ] || { sed -n '4,7p' "$0" >&2; exit 2; }
mkdir -p "$1/lists"
cd "$1"
here=$PWD
echo "deb-src $2 $3 main" > sources.list
source_of() {
    apt-get -q -o Dir::Etc::SourceList="$here/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$here/lists" "$@"
}
source_of update
source_of source --download-only apache2
mkdir -p src
tar -xf apache2_*.orig.tar.[gx]z -C src --strip-components=1
cd src
./configure --prefix="$here/inst" --with-mpm=event --disable-ssl \
    --disable-http2 --enable-mods-static="authz_core authz_host dir mime \
    reqtimeout setenvif alias headers unixd log_config proxy proxy_http" \
    --enable-mods-shared="rewrite remoteip proxy_connect status" \
    > configure.log 2>&1
make -s > make.log 2>&1
make -s install > install.log 2>&1
"$here/inst/bin/httpd" -V
