#!/usr/bin/env bash
# Tries the README on a machine that nobody has prepared: a Debian made from nothing in a folder.
# `tools/fresh_machine.sh --help` says how it is used. It runs tools/fresh_machine/enter.sh in
# namespaces of its own, so that mounts and processes vanish with it, however it ends.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # where it was started by sh
set -euo pipefail

tools=$(cd "$(dirname "$0")" && pwd)
checkout=$(dirname "$tools")
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gluon_init/fresh_machine
mirror=${DEBIAN_MIRROR:-} # else the one that debootstrap knows
suite='' extra='' keep='' anew='' target='' machine='' running=''
forwarded=()

usage() {
    cat <<'END'
tools/fresh_machine.sh [OPTIONS] SUITE [-- COMMAND ...]
  Makes a fresh Debian (trixie, sid or bookworm), installs what the README says, clones this
  checkout's HEAD as a user without rights, runs `make test`, then `make lab`, and runs all cells
  of lesson 01 in the kernel that JupyterLab serves. With COMMAND: that, in place of these two.
  Needs root, debootstrap, and Debian's packages and PyPI in reach.

  --with A,B         further Debian packages
  --docker TARGET    follow the Dockerfile up to this target, in place of the README
  --env NAME         hand on this variable too, say UV_DEFAULT_INDEX (proxies are handed on)
  --cache FOLDER     where base trees, logs and kept machines lie
  --mirror ADDRESS   Debian's packages (or DEBIAN_MIRROR)
  --new              do not use the base tree of an earlier run
  --keep             leave the machine there, to look into it

Exit code: 0 passed, 1 failed, 2 wrong words, 3 not run.
END
}

say() { printf 'fresh_machine: %s\n' "$*"; }
wrong() { say "$*; tools/fresh_machine.sh --help says what there is" >&2; exit 2; }
not_run() { say "not run: $*" >&2; exit 3; }

# 1. What is asked for.
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage; exit 0 ;;
    --keep) keep=yes; shift ;;
    --new) anew=yes; shift ;;
    --with | --docker | --env | --cache | --mirror)
        [ $# -ge 2 ] || wrong "$1 needs a value"
        case $1 in
        --with) extra="$extra ${2//,/ }" ;;
        --docker) target=$2 ;;
        --env) forwarded+=("$2") ;;
        --cache) cache=$2 ;;
        --mirror) mirror=$2 ;;
        esac
        shift 2 ;;
    --) shift; break ;;
    -*) wrong "there is no option '$1'" ;;
    trixie | sid | bookworm)
        [ -z "$suite" ] || break
        suite=$1; shift ;;
    *)
        [ -z "$suite" ] || break
        wrong "there is no suite '$1', only trixie, sid and bookworm" ;;
    esac
done
[ -n "$suite" ] || wrong 'name a suite: trixie, sid or bookworm'
[ -z "$target" ] || [ $# -eq 0 ] || wrong '--docker runs the CMD of its target, so it takes no COMMAND'

# 2. What this machine must have.
[ "$(id -u)" = 0 ] || not_run 'it needs root, for debootstrap and mounts: say sudo tools/fresh_machine.sh'
for tool in debootstrap unshare pivot_root git tee flock; do
    command -v "$tool" >/dev/null || not_run "there is no '$tool' here (on Debian and Ubuntu: apt install debootstrap util-linux git)"
done
unshare --mount --pid --fork true 2>/dev/null || not_run 'this machine does not let root make namespaces (a container without CAP_SYS_ADMIN?)'
git=(git -c safe.directory='*' -C "$checkout") # under sudo the checkout belongs to another user

# What users of Debian have to install is what the README names before its two commands.
packages=''
if [ -z "$target" ]; then
    # shellcheck disable=SC2016 # the quotes are Markdown's
    packages=$(sed -n '/^## Two commands/,/^```/p' "$checkout/README.md" |
        grep -o '`[a-z][a-z0-9.-]*`' | tr -d '`' | tr '\n' ' ')
    [ -n "$packages" ] || { say 'failed: README.md names no packages before its two commands'; exit 1; }
fi

mkdir -p "$cache/runs" "$cache/logs"
cache=$(cd "$cache" && pwd)
log=$cache/logs/$suite-$(date +%Y%m%d-%H%M%S)-$$.log

# 3. Whatever happens, nothing stays behind.
clean_up() {
    code=$?
    trap - EXIT INT TERM HUP
    if [ -n "$running" ]; then
        kill -KILL -- "-$running" 2>/dev/null || true # with the namespace's first process go all others
        wait "$running" 2>/dev/null || true
    fi
    if [ -n "$machine" ] && [ -d "$machine" ]; then
        if [ -n "$keep" ]; then
            say "the machine is kept in $machine"
        else
            rm -rf --one-file-system "$machine"
        fi
    fi
    exit "$code"
}
trap clean_up EXIT
trap 'say interrupted; exit 130' INT
trap 'say ended; exit 143' TERM HUP

# 4. The base: Debian's smallest, made once.
base=$cache/$suite
make_base() (
    flock 9
    [ -z "$anew" ] || rm -rf --one-file-system "$base"
    [ ! -d "$base" ] || exit 0
    say "making Debian $suite in $base ..."
    rm -rf --one-file-system "$base.partial"
    debootstrap --variant=minbase "$suite" "$base.partial" ${mirror:+"$mirror"} >>"$log" 2>&1 </dev/null || exit 1
    rm -f "$base.partial"/var/cache/apt/archives/*.deb
    mv "$base.partial" "$base"
) 9>"$cache/$suite.lock"
make_base || not_run "debootstrap could not make Debian $suite${mirror:+ from $mirror}; see $log"

# 5. A copy for this run, with what must come from here: the way to the network, and the commits.
machine=$(mktemp -d "$cache/runs/$suite.XXXXXX")
chmod 755 "$machine"
cp -a --reflink=auto "$base/." "$machine"
inside=$machine/srv/fresh_machine
cp -r "$tools/fresh_machine" "$inside"
rm -f "$machine/etc/resolv.conf"
cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
echo fresh >"$machine/etc/hostname"
# It lives for minutes: as in images for containers dpkg need not wait for disks, and a mirror that
# lags behind will do (its lists are signed all the same).
echo force-unsafe-io >"$machine/etc/dpkg/dpkg.cfg.d/unsafe-io"
echo 'Acquire::Check-Valid-Until "false";' >"$machine/etc/apt/apt.conf.d/valid-until"
printf '127.0.0.1 localhost fresh\n::1 localhost\n' >"$machine/etc/hosts"

network=()
for name in {http,https,ftp,all,no}_proxy {HTTP,HTTPS,FTP,ALL,NO}_PROXY \
    PIP_INDEX_URL PIP_TRUSTED_HOST UV_DEFAULT_INDEX UV_INDEX_URL "${forwarded[@]}"; do
    [ -z "${!name:-}" ] || network+=("$name=${!name}")
done
# A bundle of certificates that this machine's user has named is needed there too.
for name in SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; do
    if [ -f "${!name:-}" ]; then
        cp -L "${!name}" "$inside/$name.pem"
        network+=("$name=/srv/fresh_machine/$name.pem")
    fi
done

"${git[@]}" bundle create --quiet "$inside/checkout.bundle" HEAD
changed=$("${git[@]}" status --porcelain | wc -l)
[ "$changed" = 0 ] || say "$changed files are not committed here; they are not part of what is tried"

if [ -n "$target" ]; then
    "${git[@]}" archive --prefix=context/ HEAD | tar -x -C "$inside"
    python3 "$tools/fresh_machine/dockerfile.py" "$inside/context" "$suite" "$target" >"$inside/docker.sh"
    what=(sh /srv/fresh_machine/docker.sh)
else
    what=(sh /srv/fresh_machine/readme.sh "${packages% }$extra" "$@")
fi

# 6. Into it. A process group of its own (set -m) can be ended whole.
say "$suite in $machine; all output also goes to $log"
set -m
{
    unshare --mount --uts --ipc --pid --fork --kill-child --propagation private \
        env -i PATH="$PATH" "${network[@]}" bash "$tools/fresh_machine/enter.sh" "$machine" "${what[@]}" 2>&1 |
        tee -a "$log"
} </dev/null &
running=$!
code=0
wait "$running" || code=$?
running=''
set +m

# 7. The verdict.
{
    printf '\n'
    say "Debian $suite, commit $("${git[@]}" rev-parse --short HEAD)"
    cat "$inside/versions" "$inside/steps" 2>/dev/null || true
    if [ "$code" = 0 ]; then
        say 'passed'
    elif [ -s "$inside/steps" ]; then
        say "FAILED; see $log"
    else
        say "FAILED before the first step; see $log"
    fi
} | tee -a "$log"
[ "$code" = 0 ] || exit 1
