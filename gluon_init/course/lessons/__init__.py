"""The exercises of each lesson: the task, three hints, and the check of an answer."""
