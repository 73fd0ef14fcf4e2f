"""What happens when a chain of locks is seen for the first time: the rules, and what they learn."""

from lockdep.validator.validator import Validator

__all__ = ["Validator"]
