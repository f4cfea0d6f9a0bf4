# The lessons in a container, for Windows, Apple silicon, or any machine with Docker:
#
#   docker build -t gluon-init . && docker run --rm -p 127.0.0.1:8888:8888 gluon-init
#
# `docker build --target test -t gluon-init-test . && docker run --rm gluon-init-test` passes all
# tests. Both build for linux/amd64 and linux/arm64, for which MXNet 1.9.1 has wheels.
#
# debian:trixie-slim and not python:3.x-slim: its own Python 3.13 is a supported one, so the steps
# here are the README's, and `tools/fresh_machine.sh --docker lab trixie` can follow them without
# Docker. tests/test_containers.py holds this file, the README and the Makefile together.

# A bare system, and a user without rights. Also the ground of .devcontainer/.
FROM debian:trixie-slim AS system
RUN apt-get update \
    && apt-get install -y --no-install-recommends git make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --shell /bin/bash learner \
    && install -d -o learner -g learner /home/learner/gluon_init
USER learner
WORKDIR /home/learner/gluon_init

# The environment comes before the lessons and tests, so that a change to these does not make it
# anew.
FROM system AS environment
COPY --chown=learner:learner Makefile pyproject.toml requirements.lock README.md LICENSE ./
COPY --chown=learner:learner tools/make_env.sh tools/
COPY --chown=learner:learner gluon_init/ gluon_init/
COPY --chown=learner:learner nbguard/ nbguard/
RUN make env
COPY --chown=learner:learner . .

FROM environment AS test
CMD ["make", "test"]

# The last target is the one that `docker build` makes.
FROM environment AS lab
EXPOSE 8888
HEALTHCHECK --start-period=60s \
    CMD .venv/bin/python -c "import urllib.request as web; web.urlopen('http://127.0.0.1:8888/api')"
CMD ["make", "lab", "LAB_ARGS=--ip=0.0.0.0 --port=8888"]
