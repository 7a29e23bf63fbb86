# common.sh - sourced by the scripts beside it: $root, missing packages, quiet builds.  Everything is said on standard
# error, since standard output belongs to the report.

root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd) || exit 3
packages=

say() {
        printf '%s\n' "$*" >&2
}

# need PACKAGE COMMAND: the Debian package that has COMMAND;  need PACKAGE /HEADER: that has a header.
need() {
        case $2 in
        /*)
                for place in /usr/include /usr/local/include; do
                        [ -e "$place$2" ] && return
                done
                ;;
        *)
                command -v "$2" >/dev/null 2>&1 && return
                ;;
        esac
        packages="$packages $1"
}

# What every build needs.
need_to_build() {
        need cmake cmake
        need gcc cc
        need make make
        need libc6-dev /stdio.h
        need libpcap-dev /pcap/pcap.h
        need libarchive-dev /archive.h
        need zlib1g-dev /zlib.h
        need libcsv-dev /csv.h
        need nettle-dev /nettle/sha1.h
}

# Installs what need found missing; nothing is asked of root otherwise.
install_missing() {
        [ -n "$packages" ] || return 0
        if ! command -v apt-get >/dev/null 2>&1; then
                say "missing (names of the Debian packages):$packages"
                exit 3
        fi
        as_root=
        if [ "$(id -u)" -ne 0 ]; then
                if ! command -v sudo >/dev/null 2>&1; then
                        say "missing packages, and neither root nor sudo to install them: apt-get install$packages"
                        exit 3
                fi
                as_root=sudo
        fi
        say "installing packages:$packages"
        log=$(mktemp) || exit 3
        # shellcheck disable=SC2086 # words on purpose
        if ! { $as_root apt-get -qq update &&
                $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $packages; } \
                </dev/null >"$log" 2>&1; then
                cat "$log" >&2
                say "could not install:$packages"
                exit 3
        fi
        rm -f "$log"
        packages=
}

# build PRESET [CMAKE OPTION...]: configures and builds into build/PRESET; its output is shown only if it fails.
build() {
        preset=$1
        shift
        folder=$root/build/$preset
        mkdir -p "$folder" || exit 3
        # A folder keeps the generator it began with.
        if [ ! -e "$folder/CMakeCache.txt" ] && command -v ninja >/dev/null 2>&1; then
                CMAKE_GENERATOR=Ninja
                export CMAKE_GENERATOR
        else
                unset CMAKE_GENERATOR
        fi
        if ! { (cd "$root" && cmake --preset "$preset" "$@") &&
                cmake --build "$folder" --parallel "$(nproc)"; } >"$folder/build.log" 2>&1; then
                tail -n 60 "$folder/build.log" >&2
                say "building $preset failed; the whole log is $folder/build.log"
                return 1
        fi
}
