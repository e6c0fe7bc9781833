#!/bin/sh
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# tools/root.sh make FOLDER SUITE MIRROR PACKAGE...
#   a Debian of that suite in FOLDER, with these packages; with ARCH set those
#   named PACKAGE:ARCH are that architecture's
# tools/root.sh run FOLDER COMMAND...
#   run it there, in a copy of the working tree, with processes and mounts of
#   its own that end with it
set -eu

need() {
    command -v "$1" >/dev/null 2>&1 || {
        echo "tools/root.sh: $1 is missing; install the package $2" >&2
        exit 1
    }
    [ "$(id -u)" = 0 ] || {
        echo "tools/root.sh: only root can enter another root" >&2
        exit 1
    }
}

make_root() {
    need mmdebstrap mmdebstrap
    folder=$1 suite=$2 mirror=$3
    shift 3
    mkdir -p "$(dirname "$folder")"
    rm -rf --one-file-system "$folder"
    include=$(echo "$*" | tr ' ' ',')
    # a mirror of an older day, such as a snapshot, will do
    mmdebstrap --variant=apt --aptopt='APT::Install-Recommends "false"' \
        --aptopt='Acquire::Check-Valid-Until "false"' \
        ${ARCH:+--architectures="$(dpkg --print-architecture),$ARCH"} \
        --include="$include" "$suite" "$folder" "$mirror"
}

# What git knows of and what it would add, not what it ignores. A file that is
# the same as before keeps its time; any other is newer than what make built.
copy_tree() {
    mkdir -p "$1/src"
    rm -rf "$1/src.new"
    mkdir "$1/src.new"
    git ls-files -co --exclude-standard -z |
        tar -c --null --ignore-failed-read -T - | tar -x -m -C "$1/src.new"
    find "$1/src.new" -type f -printf '%P\n' | while read -r file; do
        if cmp -s "$1/src/$file" "$1/src.new/$file"; then
            touch -r "$1/src/$file" "$1/src.new/$file"
        fi
    done
    [ ! -e "$1/src/build" ] || mv "$1/src/build" "$1/src.new/"
    rm -rf "$1/src"
    mv "$1/src.new" "$1/src"
}

run_in() {
    need unshare util-linux
    folder=$1
    shift
    # held by all that runs there: the copy replaces the tree that it works in
    exec 9>"$folder.lock"
    flock -n 9 || {
        echo "tools/root.sh: another run is in $folder" >&2
        exit 1
    }
    copy_tree "$folder"
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --pid --fork --kill-child sh -eu -c '
        root=$1
        shift
        # a mount point, so that what runs there may have mounts of its own
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --rbind /sys "$root/sys"
        exec chroot "$root" /usr/bin/env -i PATH="$PATH" HOME=/root \
            LANG=C.UTF-8 sh -c "cd /src && exec \"\$@\"" sh "$@"
    ' sh "$folder" "$@"
}

case ${1-} in
make) shift; make_root "$@" ;;
run) shift; run_in "$@" ;;
*) sed -n '4,9p' "$0" >&2; exit 2 ;;
esac
