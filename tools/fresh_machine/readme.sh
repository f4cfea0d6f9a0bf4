#!/bin/sh
# readme.sh PACKAGES [COMMAND...]: inside a fresh machine, as root: what the README says.
set -eu
# shellcheck source=tools/fresh_machine/steps.sh
. /srv/fresh_machine/steps.sh
packages=$1
shift
folder=/home/learner/gluon_init

install_packages() {
    # shellcheck disable=SC2086 # the packages are words
    apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -o Dpkg::Use-Pty=0 \
            --no-install-recommends $packages
}

in_clone() { in_folder $folder as_user learner "$@"; }

step "apt-get install $packages" install_packages
useradd --create-home --shell /bin/bash learner
step 'git clone' as_user learner \
    git -c advice.detachedHead=false -c init.defaultBranch=main clone --quiet "$here/checkout.bundle" $folder
failed=''
if [ $# -gt 0 ]; then
    attempt "$*" in_clone "$@" || failed=yes
else
    attempt 'make test' in_clone make test || failed=yes
    attempt 'make lab, and lesson 01 in it' \
        in_clone .venv/bin/python "$here/lesson.py" 01_lazy_shapes.ipynb -- make lab || failed=yes
fi
note_versions $folder/.venv/bin/python
[ -z "$failed" ]
