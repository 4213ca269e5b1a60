"""Tools for developers. Run them with `python -m tools.NAME` in the project folder.

monkey     random events over the whole window; uses random_events and driven
fuzz       damaged files; uses targets, harm and harm_archives
kill       killed programs
seeds      trainings with further seeds
example    the bundled space of 16 dimensions
pictures   the pictures of README and docs
tables     their generated tables
"""
