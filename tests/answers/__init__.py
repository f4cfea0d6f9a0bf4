"""Right and plausible wrong answers to every exercise, one module a lesson."""
