"""What holds of every public pure function whatever it is given: a registry that tests/test_properties.py goes through.

A property is a function that takes what its strategies draw, calls the function it is named for, and asserts. That the
call returns at all is part of each; what is asserted is what callers rely on: spans lie in their text and tell the
truth about it, order, closed vocabularies, what is done twice is done once, what is written can be read.
"""

from tests.properties import crawler, files, knowledge, tables, transform
from tests.properties.drawn import PROPERTIES

__all__ = ["PROPERTIES", "crawler", "files", "knowledge", "tables", "transform"]
