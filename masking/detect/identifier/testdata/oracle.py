# Answers whether python-stdnum takes numbers: a line "module number" of standard
# input gives the character 1 or 0. Its clock stands still at the end of 2099,
# so that no birth date lies in the future.
import datetime
import importlib
import sys


class Date(datetime.date):
    @classmethod
    def today(cls):
        return cls(2099, 12, 31)


class DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2099, 12, 31, tzinfo=tz)


datetime.date, datetime.datetime = Date, DateTime

import stdnum  # noqa: E402

sys.stdout.write(stdnum.__version__ + "\n")
sys.stdout.flush()

checks = {}
answers = []
for line in sys.stdin:
    module, number = line.rstrip("\n").split(" ", 1)
    check = checks.get(module)
    if check is None:
        check = checks[module] = importlib.import_module("stdnum." + module).is_valid
    answers.append("1" if check(number) else "0")
sys.stdout.write("".join(answers))
