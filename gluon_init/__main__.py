"""``python -m gluon_init doctor``: the command ``gluon-init``."""

from .testing.cli import main

raise SystemExit(main())
