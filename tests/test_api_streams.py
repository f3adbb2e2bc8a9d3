"""Streams of photos in Python."""

import io
import re

import numpy as np
import pytest

import blurkit


def test_every_photo_of_a_file_or_a_stream_is_read_in_its_turn(photos, scene, tmp_path):
    data = (photos / "photo.png").read_bytes() + (photos / "turned.jpg").read_bytes()
    (tmp_path / "two").write_bytes(data)
    for source in (tmp_path / "two", data, io.BytesIO(data)):
        first, second = blurkit.read_photos(source)
        assert np.array_equal(first, scene) and second.shape == scene.shape
    assert next(blurkit.read_photos(data + b"junk")).shape == scene.shape  # which comes later


@pytest.mark.parametrize(
    ("more", "words"),
    [(b"junk", "what follows"), (b"\x89PNG\r\n\x1a\n", "cannot decode PNG: truncated")],
)
def test_a_photo_of_a_stream_that_cannot_be_read_is_told_with_its_number(photos, tmp_path, more, words):
    data = 2 * (photos / "photo.png").read_bytes() + more
    (tmp_path / "clip").write_bytes(data)
    for source, name in ((data, ""), (tmp_path / "clip", f"{tmp_path / 'clip'}: ")):
        with pytest.raises(blurkit.InputError, match="^" + re.escape(f"{name}photo 3: {words}")):
            list(blurkit.read_photos(source))
    with pytest.raises(blurkit.InputError, match="no-such: No such file"):
        list(blurkit.read_photos("no-such"))
