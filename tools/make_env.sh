#!/bin/sh
# Makes .venv from requirements.lock, or leaves it as it is where it already fits.
# Reads PYTHON (an interpreter; the first supported one when empty) and DEVICE (cpu or gpu).
set -eu

say() { printf '%s\n' "$*" >&2; }

case "${DEVICE:=cpu}" in
cpu | gpu) ;;
*) say "make env: DEVICE is '$DEVICE'; it must be cpu or gpu."; exit 1 ;;
esac

works() { "$1" -c '' >/dev/null 2>&1; }

# Whether an interpreter is a supported one that can make an environment (on Debian it cannot
# before python3-venv is installed); uv makes one with any interpreter.
serves() {
    "$1" gluon_init/_compat/machine.py >/dev/null 2>&1 &&
        { command -v uv >/dev/null 2>&1 || "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
}

# pyenv's shims answer for every version it has, and refuse those that are not switched on.
from_pyenv() {
    root=${PYENV_ROOT:-$HOME/.pyenv}
    ls -d "$root/versions/${1#python}".*/bin/python 2>/dev/null | tail -n 1
}

# 1. Which interpreter. One that is already in .venv stays, unless another is asked for; else the
# newest one that serves.
if [ -z "${PYTHON:-}" ]; then
    for candidate in .venv/bin/python python3.15 python3.14 python3.13 python3.12 python3.11 \
        python3.10 python3; do
        if command -v "$candidate" >/dev/null 2>&1 && serves "$candidate"; then
            PYTHON=$candidate
            break
        fi
    done
    : "${PYTHON:=python3}"
fi
works "$PYTHON" || PYTHON=$(from_pyenv "$PYTHON" | grep . || echo "$PYTHON")
if ! works "$PYTHON"; then
    say "make env: there is no '$PYTHON' here: install Python 3.10 to 3.15, or name one, as in make env PYTHON=python3.12."
    exit 1
fi
"$PYTHON" gluon_init/_compat/machine.py

# 2. Whether .venv fits already.
wanted="$("$PYTHON" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))') $DEVICE $(cat requirements.lock pyproject.toml nbguard/pyproject.toml tools/make_env.sh | cksum)"
has_mxnet() { ls .venv/lib/python3*/site-packages/mxnet/libmxnet.* >/dev/null 2>&1; }
if [ "$(cat .venv/.ready 2>/dev/null)" = "$wanted" ] && has_mxnet; then
    touch .venv/.ready
    say "Ready in .venv already."
    exit 0
fi

# 3. A new one, where the interpreter differs; uv comes from the lock as well.
version_of() { "$1" -c 'import sys; print(sys.version_info[:3])' 2>/dev/null || true; }
rm -f .venv/.ready
if [ "$(version_of .venv/bin/python)" != "$(version_of "$PYTHON")" ]; then
    say "Making .venv with $("$PYTHON" --version) ..."
    rm -rf .venv
    if ! "$PYTHON" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        if command -v uv >/dev/null 2>&1; then
            uv venv --quiet --seed --python "$PYTHON" .venv
        else
            say "make env: $PYTHON cannot make virtual environments: install its venv module (on Debian and Ubuntu the package python3-venv), or uv."
            exit 1
        fi
    fi
fi
if [ ! -x .venv/bin/uv ]; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$(grep -o '^uv==[0-9.]*' requirements.lock)"
fi
say "Installing what requirements.lock lists ..."
export VIRTUAL_ENV="$PWD/.venv" UV_LINK_MODE="${UV_LINK_MODE:-copy}"
# The two builds of MXNet share one folder: exactly one may be there.
find_builds() { .venv/bin/uv pip list --quiet --format freeze 2>/dev/null | grep -o '^mxnet-cu[0-9]*' || true; }
for build in $(find_builds); do
    .venv/bin/uv pip uninstall --quiet "$build" mxnet 2>/dev/null || true
done
# Bytecode is compiled once, here: where PYTHONDONTWRITEBYTECODE is set, as in many containers, each
# process would compile MXNet anew, which takes it 5 s.
# Where files are gone that are listed as installed, all is installed anew.
reinstall=''
has_mxnet || reinstall=--reinstall
# shellcheck disable=SC2086 # it may be empty
.venv/bin/uv pip sync --quiet --compile-bytecode $reinstall requirements.lock
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable . --editable ./nbguard
.venv/bin/python -m compileall -q gluon_init nbguard
if [ "$DEVICE" = gpu ]; then
    say "Installing MXNet's CUDA 11 build and its libraries (about 2 GB) ..."
    .venv/bin/uv pip uninstall --quiet mxnet
    .venv/bin/uv pip install --quiet --compile-bytecode --no-deps -r requirements-gpu.lock
fi
# JupyterLab would ask each new learner whether it may fetch news.
.venv/bin/jupyter labextension disable --level=sys_prefix \
    "@jupyterlab/apputils-extension:announcements" >/dev/null 2>&1 || true
# MXNet must have been imported, and have computed something, before this is called ready. Where the
# system lacks libraries that MXNet needs, they are linked from packages that carry them. What the
# first import compiles is kept for all later ones.
check() {
    if ! answer=$(env -u GLUON_INIT_DEVICE -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m gluon_init "$1" 2>&1); then
        say "$answer"
        say "make env: .venv is made, but MXNet does not work in it; see above. Then: make env"
        exit 1
    fi
}
check link-libraries
check doctor
printf '%s\n' "$DEVICE" >.venv/.device
printf '%s\n' "$wanted" >.venv/.ready
say "Ready in .venv. Next: make lab; or .venv/bin/gluon-init doctor"
