# For scripts that run inside a fresh machine: steps, each noted with its time and outcome.
# shellcheck shell=sh
here=/srv/fresh_machine

# step NAME COMMAND...: runs it, and ends all where it fails.
step() {
    name=$1
    shift
    printf '\n=== %s\n' "$name"
    before=$(date +%s)
    if "$@"; then code=0 outcome=passed; else code=$? outcome=FAILED; fi
    printf '%s  %5d s  %s\n' "$outcome" "$(($(date +%s) - before))" "$name" >>"$here/steps"
    [ "$code" = 0 ] || exit 1
}

# as_user NAME COMMAND...: by a user without rights, with nothing of root's.
as_user() {
    user=$1
    shift
    setpriv --reuid="$user" --regid="$user" --init-groups \
        env HOME="/home/$user" USER="$user" LOGNAME="$user" SHELL=/bin/bash \
        PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

# note_versions PYTHON: what this machine is made of.
note_versions() {
    {
        printf 'Debian %s, %s, %s\n' "$(cat /etc/debian_version)" "$(getconf GNU_LIBC_VERSION)" "$(uname -m)"
        "$1" -c 'import sys, numpy; print("Python", sys.version.split()[0] + ", NumPy", numpy.__version__)' ||
            printf 'no environment was made\n'
    } >>"$here/versions" 2>/dev/null
}
