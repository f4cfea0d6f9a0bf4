"""The settings of this course, for nbgrader's own commands as for `gluon-init classroom`."""

from gluon_init.classroom.steps import AUTOGRADE, FEEDBACK

c = get_config()

c.CourseDirectory.course_id = "gluon_init"
c.IncludeHeaderFooter.header = ""
# A stub that the tests recognize, so that they can say "not tried" instead of an error's name.
c.ClearSolutions.code_stub = {"python": "# Your code here.\n..."}
c.ClearSolutions.text_stub = "*Your answer here.*"
# Seconds for each cell, MXNet's import among them; a whole solution takes less than ten.
c.Execute.timeout = 30
# nbgrader's own commands and buttons run students' programs in the sandbox, too, and leave hidden
# tests out of feedback.
c.Autograde.autograde_preprocessors = AUTOGRADE
c.GenerateFeedback.preprocessors = FEEDBACK
