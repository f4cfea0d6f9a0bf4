"""What the state of a net, parameter or initializer is, what an error means, and what to do."""

from .explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
