# For scripts that run inside a fresh machine: steps, each noted with its time and outcome.
# shellcheck shell=sh
here=/srv/fresh_machine

# attempt NAME COMMAND...: runs it, and notes how it went. Within it the shell does not stop at errors
# by itself (`set -e` is off where a command's outcome is asked for).
attempt() {
    name=$1
    shift
    printf '\n=== %s\n' "$name"
    before=$(date +%s)
    if "$@"; then code=0 outcome=passed; else code=$? outcome=FAILED; fi
    printf '%s  %5d s  %s\n' "$outcome" "$(($(date +%s) - before))" "$name" >>"$here/steps"
    return "$code"
}

# step NAME COMMAND...: the same, and where it fails nothing that follows is tried.
step() { attempt "$@" || exit 1; }

# in_folder FOLDER COMMAND...
in_folder() (
    cd "$1" || exit
    shift
    "$@"
)

# as_user NAME COMMAND...: by root as it is; by a user without rights, with nothing of root's.
as_user() {
    user=$1
    shift
    if [ "$user" = root ]; then
        "$@"
        return
    fi
    setpriv --reuid="$user" --regid="$user" --init-groups \
        env HOME="/home/$user" USER="$user" LOGNAME="$user" SHELL=/bin/bash \
        PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

# copy_in OWNER FOLDER SOURCE...: a Dockerfile's COPY; of a folder, what is in it.
copy_in() {
    owner=$1
    folder=$2
    shift 2
    [ -d "$folder" ] || install -d -o "$owner" -g "$owner" "$folder"
    for source in "$@"; do
        from=$here/context/$source
        what=.
        if [ -f "$from" ]; then
            what=$(basename "$from")
            from=$(dirname "$from")
        fi
        tar -C "$from" --owner="$owner" --group="$owner" -c "$what" |
            tar -C "$folder" --same-owner --no-overwrite-dir -x || return
    done
}

# note_versions PYTHON: what this machine is made of.
note_versions() {
    {
        printf 'Debian %s, %s, %s\n' "$(cat /etc/debian_version)" "$(getconf GNU_LIBC_VERSION)" "$(uname -m)"
        "$1" -c 'import sys, numpy; print("Python", sys.version.split()[0] + ", NumPy", numpy.__version__)' ||
            printf 'no environment was made\n'
    } >>"$here/versions" 2>/dev/null
}
