"""The Python files of the project, for the tests that read them."""


def modules(root):
    """The library: {dotted name below blurkit: path}; a package goes by its own name, blurkit itself by ''."""
    paths = {}
    for path in sorted((root / "blurkit").rglob("*.py")):
        parts = path.relative_to(root / "blurkit").with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        paths[".".join(parts)] = path
    return paths


def programs(root):
    """{name: path} of the library, the benchmark, the tools and the tests."""
    beside = [
        *sorted((root / "bench").glob("*.py")),
        *sorted((root / "tools").glob("*.py")),
        *sorted((root / "tests").rglob("*.py")),
    ]
    return modules(root) | {str(path.relative_to(root)): path for path in beside}
