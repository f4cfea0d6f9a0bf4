# %% [markdown]
# # Start here
#
# Ten lessons about one question: **when, by whom, from which shape and with which numbers does each
# parameter of a neural network come into being?** Each takes about 20 minutes. You need Python, and
# to know what a dense layer computes; no Gluon.
#
# First, does this machine work? Run the cell: click it and press Shift+Enter.

# %% tags=["widget", "nbval-ignore-output"]
import gluon_init as gi

gi.doctor()

# %% [markdown]
# If it says *The lessons will run*, they will. If not, it says what to do.
#
# ## The map
#
# | | lesson | its question |
# |---|---|---|
# | 1 | [Lazy shapes](01_lazy_shapes.ipynb) | How can a net be initialized before it knows how many numbers it has? |
# | 2 | [Watching initialization](02_watching_initialization.ipynb) | Which call really draws the numbers, and who is asked? |
# | 3 | [Forcing initialization](03_forcing_initialization.ipynb) | How do you have the numbers before there is data? |
# | 4 | [Built-in initializers](04_built_in_initializers.ipynb) | Which numbers are drawn, and who decides? |
# | 5 | [Your own initializer](05_your_own_initializer.ipynb) | How do you write one, and know that it is right? |
# | 6 | [Tied parameters](06_tied_parameters.ipynb) | How can two layers share one parameter, and what of its gradient? |
# | 7 | [Auxiliary heads](07_auxiliary_heads.ipynb) | What are the extra outputs of GoogLeNet good for? |
# | 8 | [When a label becomes a parameter](08_when_a_label_becomes_a_parameter.ipynb) | Why would anyone initialize a label? |
# | 9 | [Why the numbers matter](09_why_the_numbers_matter.ipynb) | What do the numbers do to a signal in thirty layers? |
# | 10 | [Same seed, same weights](10_same_seed_same_weights.ipynb) | Why does the same seed give other weights? |
#
# Take 1 to 3 in this order. After that, 4 and 5, 7 and 8, and 9 belong together; 6 and 10 stand by
# themselves.
#
# ## How to work
#
# **Guess.** Each lesson begins with questions. Put your guess in place of the dots before you run
# on. The cell that settles it says whether you were right.

# %%
from gluon_init.course import check, hint, predict

guess = predict("How many parameters has a Dense layer?", 2)  # a guess, in place of ...
guess

# %%
guess.settle(2)

# %% [markdown]
# **Check.** Each lesson ends with exercises. Put your code in place of the dots and run the cell:
# the answer comes at once, and says what was expected and what was found. Here is a wrong one:


# %%
def weight_shapes(units, width):
    return [(width, units[0])]


print(check("1.1", weight_shapes).status)

# %% [markdown]
# **Hint.** If you are stuck, ask. Each call goes one step further; the third nearly gives it away.

# %%
hint("1.1")

# %% [markdown]
# The solutions are in the folder `solutions`.
#
# **Attempt.** Some cells are meant to fail. `with attempt():` runs what stands below it, prints the
# error in a line, and goes on.

# %%
from gluon_init.course import attempt

with attempt():
    1 / 0

# %% [markdown]
# ## What you have solved
#
# It is kept in a file beside this page, `.progress.json`, and nowhere else. Delete it to begin anew.

# %% tags=["widget", "nbval-ignore-output"]
from gluon_init.course import progress

progress()
