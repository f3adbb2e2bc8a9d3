"""The commands: one thin file each, and what they share. Signals come first, before all that takes time to import."""

from blurkit.cli import signals  # noqa: F401
