"""`experiments.tables` whose trainings and scorings are those of `fake_verbs`."""

from experiments import tables
from experiments.command_line import command
from experiments.paper_tables import children

if __name__ == "__main__":
    children._CHILD = "fake_verbs"
    command.run(tables.main)
