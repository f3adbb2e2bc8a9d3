"""The manual and the completions say what the parsers say."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from blurkit import __version__, methods
from blurkit.cli import completions
from blurkit.cli.patches import COPIES
from blurkit.io.photo import FORMATS
from blurkit.methods.joint import layers
from tests.roff import examples, plain, section

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "man").glob("*.[157]"))
PARSERS = dict(completions.parsers())
BREAKS = {"|", ";", "&&", "||", "&", "(", ")"}  # what ends a command


def of_method(name, method):
    """What a section of the format page says of one method, plain; its first part holds for all."""
    common, *parts = re.split(r"^\.SS (.*)\n", section(ROOT / "man/blurkit-formats.5", name), flags=re.M)
    return plain(common + dict(zip(parts[::2], parts[1::2], strict=True))[method])


def described(command):
    """The options of a command's page: {option: the paragraph it heads}."""
    paragraphs = {}
    for paragraph in re.split(r"^\.(?:TP|SS.*|PP)\n", section(ROOT / "man" / f"{command}.1", "OPTIONS"), flags=re.M):
        heading, _, text = plain(paragraph).partition("\n")
        if heading.startswith("-"):
            paragraphs |= dict.fromkeys((name.split()[0] for name in heading.split(", ")), " ".join(text.split()))
    return paragraphs


def shown_commands(page):
    """The words of every blurkit command in the .EX blocks of a page."""
    for block in examples(page.read_text()):
        for line in block.splitlines():
            if "blur-" in line:
                yield from commands_of(line)


def commands_of(line):
    """The words of every blurkit command in a shell line, without redirections."""
    lexer = shlex.shlex(re.sub(r"\d?[<>]+ *\S+", "", line), posix=True, punctuation_chars="|;&()")
    lexer.whitespace_split = True
    words = None
    for word in [*lexer, ";"]:
        if word in PARSERS:
            words = [word]
        elif word in BREAKS:
            if words:
                yield words
            words = None
        elif words:
            words.append(word)


@pytest.mark.parametrize("command", PARSERS)
def test_the_page_describes_exactly_the_options_of_the_parser(command):
    options = {name for action, *_ in completions.switches(PARSERS[command]) for name in action.option_strings}
    assert set(described(command)) == options


@pytest.mark.parametrize("command", PARSERS)
def test_the_page_names_every_default_and_every_choice(command):
    page = described(command)
    for action, *_ in completions.switches(PARSERS[command]):
        text = page.get(action.option_strings[-1], "")
        default = action.default[-1] if isinstance(action.default, tuple) else action.default
        if action.nargs != 0 and default not in (None, []):
            assert re.search(rf"\(default {re.escape(str(default))}\)", text), (
                f"{action.option_strings[-1]}: default {default} is not in: {text}"
            )
        for choice in action.choices or ():
            assert re.search(rf"\b{re.escape(choice)}\b", text), (
                f"{action.option_strings[-1]}: {choice} is not in: {text}"
            )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_shown_is_accepted_by_the_parser(page, monkeypatch):
    monkeypatch.setitem(methods.METHODS, "mine", "my_method")  # the one that blurkit(7) shows how to make
    for command, *words in shown_commands(page):
        try:
            PARSERS[command].parse_args(PARSERS[command].with_values_joined(words))
        except SystemExit:
            pytest.fail(f"{page.name} shows: {shlex.join([command, *words])}")


@pytest.mark.parametrize("command", PARSERS)
def test_every_command_has_examples_of_itself(command):
    page = ROOT / "man" / f"{command}.1"
    assert section(page, "EXAMPLES")
    assert command in [words[0] for words in shown_commands(page)]


def test_there_is_a_page_for_every_command_one_on_formats_and_a_tour():
    assert {page.name for page in PAGES} == {*(f"{command}.1" for command in PARSERS), "blurkit-formats.5", "blurkit.7"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_title_names_page_section_and_version(page):
    title, number = page.name.rsplit(".", 1)
    head = page.read_text().splitlines()[0]
    assert re.fullmatch(
        rf'\.TH {title.upper()} {number} \d{{4}}-\d\d-\d\d "blurkit {__version__}" "blurkit manual"', plain(head)
    )


SECTIONS = [  # (section of the format page, method, part)
    *((method, method, "map") for method in methods.METHODS),
    *((f"{method}: score", method, "score") for method in methods.METHODS if methods.has_own_score(method)),
]


@pytest.mark.parametrize("section, method, part", SECTIONS)
def test_the_format_page_names_every_field_of_a_patch_its_type_and_its_shape(section, method, part):
    documented = dict(re.findall(r"(\w+) \(([a-zA-Z]\d+(?:, [\dx ]+)?)\)", of_method("PATCH SETS", section)))
    record = methods.get(method, part).patch_record()
    fields = {
        name: record[name].base.str.lstrip("<|")
        + ", " * bool(record[name].shape)
        + " x ".join(map(str, record[name].shape))
        for name in record.names
    }
    assert documented == fields


@pytest.mark.parametrize("section, method, part", SECTIONS)
def test_the_format_page_names_every_array_of_the_weights_and_its_shape(section, method, part):
    text = of_method("WEIGHTS", section)
    headings = re.findall(r"^([\w.]+) \(([\d, ]*)\)(?:, ([\w.]+) \(([\d, ]*)\))?$", text, re.M)
    documented = {}
    for name, shape in ((name, shape) for line in headings for name, shape in (line[:2], line[2:]) if name):
        networks = ("evidence", "context") if name.startswith("NET.") else ("NET",)
        documented |= {name.replace("NET", network): shape for network in networks}
    shapes = methods.get(method, part).SHAPES
    if (method, part) == ("joint", "map"):
        shapes = {**shapes, **layers.KERNELS}
        in_file = [name for name in layers.KERNELS if name.startswith("context.") and ".backbone." not in name]
        assert in_file == [name for name in documented if name in in_file]  # in the order in which they are stored
    shapes = {name: ", ".join(map(str, shape)) for name, shape in shapes.items()}
    told = {name for name in shapes if ".backbone." in name}  # 49 layers of a published network, told in words
    for name in told:
        assert re.sub(r"\.\d+\.", ".N.", name.rsplit(".", 1)[0]) in text
    assert documented == {name: shape for name, shape in shapes.items() if name not in told}


@pytest.mark.parametrize("method", methods.METHODS)
def test_the_format_page_names_every_stage_its_shape_and_what_is_white(method):
    stages, headings = methods.outputs(method), {}
    for paragraph in re.split(r"^\.TP\n", of_method("STAGES", method), flags=re.M)[1:]:
        heading = "".join(re.match(r"(?:\w+ \([^)]*\)(?:, |\n\.TQ\n|\n))+", paragraph)[0])
        headings |= {name: (shape, paragraph) for name, shape in re.findall(r"(\w+) (\([^)]*\))", heading)}
    assert {name: shape for name, (shape, _) in headings.items()} == {name: s.shape for name, s in stages.items()}
    for name, stage in stages.items():
        assert (f"white = {stage.white}" in headings[name][1]) == (stage.white is not None), name


def test_the_format_page_names_every_field_of_a_table_of_points():
    from blurkit.outputs import park

    text = of_method("STAGES", "park")
    for table in (park.FEATURES, park.POSTERIORS):
        for name in table.names[3:]:
            assert f"{name} (f4, {table[name].shape[0]})" in text
    for name, kind in park.POINT:
        assert f"{name} ({kind.lstrip('<')})" in text


@pytest.mark.parametrize("method", methods.METHODS)
def test_pages_on_making_weights_name_the_defaults_of_every_method(method):
    info = methods.info(method)
    assert f"{info.least_accuracy} for {method}" in described("blur-train")["--min-accuracy"]
    assert f"(default {COPIES[info.learns_from]})" in described("blur-patches")["--copies"]


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_groff_has_nothing_to_say(page):
    done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", page], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_mandoc_warns_of_nothing(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_completions_are_those_of_the_parsers(tmp_path):
    completions.main(tmp_path)
    fresh = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in (ROOT / "share/completions").iterdir()}
    assert kept == fresh, "run: python -m blurkit.cli.completions share/completions"


@pytest.mark.parametrize("path", sorted((ROOT / "share/completions").iterdir()), ids=lambda path: path.name)
def test_the_shell_accepts_its_completions(path):
    shell = {"_blurkit": "zsh", f"{path.stem}.fish": "fish"}.get(path.name, "bash")
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([shell, "-n", path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    "typed, offered",
    [
        (["blur-map", "--pal"], "--palette"),
        (["blur-map", "--format", "p"], "png pfm"),
        (["blur-map", "--format", "=", "t"], "tiff"),
        (["blur-map", "--format", "="], "npy png tiff pfm"),
        (["blur-score", "--truth-is", ""], "sharp blurred"),
        (["blur-mask", "photo"], ""),
    ],
)
def test_bash_offers_options_and_their_values(typed, offered):
    command = typed[0]
    script = f'. {shlex.quote(str(ROOT / "share/completions" / command))}; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1))'
    script += f'; _{command.replace("-", "_")}; echo "${{COMPREPLY[*]}}"'
    done = subprocess.run(["bash", "-c", script, "bash", *typed], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (offered, "")


def test_the_page_of_formats_names_every_format_of_photos_and_every_package_it_may_need():
    photos = plain(section(ROOT / "man/blurkit-formats.5", "PHOTOS"))
    for row in FORMATS:
        assert row.name in photos
        assert all(re.split("[<>=]", package)[0].lower() in photos.lower() for package in row.packages), row.name
