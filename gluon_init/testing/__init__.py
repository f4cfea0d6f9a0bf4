"""What guards the notebooks: the command ``gluon-init``, their build, their checks."""
