"""For teachers: assignments made, handed out, graded in a sandbox and in parallel, and tested.

It never runs a student's code in its own process, and never knows what a course is about: any
nbgrader course will do. Begin with ``grading.py``; ``gate.py`` tests a course's assignments.
"""
