"""The pictures, one module for each room of the library. Each loads matplotlib when it draws."""

from .of_states import stages
from .style import picture

__all__ = ["picture", "stages"]
