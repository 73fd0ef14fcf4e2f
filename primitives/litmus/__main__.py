"""`python -m primitives.litmus`: print the table of litmus tests."""

from primitives.litmus.table import print_table

if __name__ == "__main__":
    print_table()
