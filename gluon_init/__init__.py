from . import _compat
_compat.install()
