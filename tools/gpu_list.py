"""Prints what the GPU build of MXNet needs, for `make lock`: itself, and the extra `gpu`."""

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
print("mxnet-cu117==1.9.1; sys_platform == 'linux' and platform_machine == 'x86_64'")
print("\n".join(PROJECT["optional-dependencies"]["gpu"]))
