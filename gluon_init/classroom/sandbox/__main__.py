"""``python -m gluon_init.classroom.sandbox`` says whether a sandbox can start on this machine."""

import sys

from .bubblewrap import refusal

why = refusal()
print(why or "A sandbox can start here.")
sys.exit(3 if why else 0)  # 3: `make check` counts it as not run
