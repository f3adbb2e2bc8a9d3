"""The manual pages as a reader sees them."""

import re

ESCAPES = {
    r"\-": "-",
    r"\(aq": "'",
    r"\(ga": "`",
    r"\(ti": "~",
    r"\(ha": "^",
    r"\e": "\\",
    r"\&": "",
    r"\fB": "",
    r"\fI": "",
    r"\fR": "",
}


def plain(text):
    """roff escapes as the characters they stand for."""
    return re.sub(r"\\(?:f.|\(..|.)", lambda escape: ESCAPES[escape[0]], text)


def section(page, name):
    """The lines of a section, without its title."""
    return re.search(rf"^\.SH {name}\n(.*?)(?=^\.SH |\Z)", page.read_text(), re.M | re.S)[1]


def examples(text):
    """The .EX blocks of a page or a part of one, plain."""
    return [plain(block) for block in re.findall(r"^\.EX\n(.*?)^\.EE$", text, re.M | re.S)]
