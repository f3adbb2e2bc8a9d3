"""A table as CSV, RFC 4180: a header, fields in quotes where they need them, lines that end in CR LF."""

import csv
import io
import json

from blurkit.cli import output


class Table:
    """Writes rows of the same columns to standard output, each at once, and a header before them."""

    def __init__(self, columns):
        self.text = io.StringIO(newline="")
        self.writer = csv.DictWriter(self.text, columns, restval="", extrasaction="raise", lineterminator="\r\n")
        self.writer.writeheader()
        self.send()

    def row(self, values):
        """Write one row, a dict; what it lacks is empty."""
        self.writer.writerow({name: field(value) for name, value in values.items()})
        self.send()

    def send(self):
        """Hand on what was written."""
        output.line(self.text.getvalue(), end="")
        self.text.seek(0)
        self.text.truncate()


def field(value):
    """A value as text: empty where JSON has null, and as JSON has it if it is true, false or a list."""
    value = output.without_nan(value)
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | list | tuple) else value
