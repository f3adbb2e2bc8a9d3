"""A table as CSV, RFC 4180: a header, fields in quotes where they need them, lines that end in CR LF."""

import csv
import io
import json

from blurkit.cli import output


def to_standard_output(text):
    """Write some text as it is."""
    output.line(text, end="")


class Table:
    """Writes rows of the same columns, each at once, and a header before them; `write` takes the text."""

    def __init__(self, columns, write=to_standard_output):
        self.text, self.write = io.StringIO(newline=""), write
        self.writer = csv.DictWriter(self.text, columns, restval="", extrasaction="raise", lineterminator="\r\n")
        self.writer.writeheader()
        self.send()

    def row(self, values):
        """Write one row, a dict; what it lacks is empty."""
        self.writer.writerow({name: field(value) for name, value in values.items()})
        self.send()

    def send(self):
        """Hand on what was written."""
        self.write(self.text.getvalue())
        self.text.seek(0)
        self.text.truncate()


def field(value):
    """A value as text: empty where JSON has null, and as JSON has it if it is true, false or a list."""
    value = output.without_nan(value)
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | list | tuple) else value
