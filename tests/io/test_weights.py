import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.errors import WeightsError
from blurkit.io.weights import OtherPartError, find_weights, read_weights, shipped_weights, write_weights

ARRAYS = {"filters": np.arange(18, dtype=np.float32).reshape(2, 3, 3), "bias": np.float32(0.5)}
SHAPES = {"filters": (2, 3, 3), "bias": ()}


def weights(arrays=ARRAYS, **header):
    return write_weights(arrays, {"method": "zeng", **header})


def test_weights_come_back_as_they_went():
    arrays, header = read_weights(weights(seed=3), "zeng", SHAPES)
    assert arrays.keys() == ARRAYS.keys() and all(np.array_equal(arrays[n], ARRAYS[n]) for n in ARRAYS)
    assert header["method"] == "zeng" and header["seed"] == 3 and header["format"] == 1


def test_equal_weights_are_equal_bytes_whatever_the_order_they_were_made_in():
    assert weights() == weights(dict(reversed(ARRAYS.items())))


def test_weights_are_an_npz_that_numpy_loads_without_pickle():
    with np.load(io.BytesIO(weights()), allow_pickle=False) as loaded:
        assert np.array_equal(loaded["filters"], ARRAYS["filters"])
        assert json.loads(str(loaded["header"]))["method"] == "zeng"


@pytest.mark.parametrize(
    "other",
    [
        {**ARRAYS, "bias": np.float32(0.75)},
        {**ARRAYS, "filters": ARRAYS["filters"][:, ::-1]},
        {"filters": ARRAYS["filters"], "bia": ARRAYS["bias"]},
        {**ARRAYS, "filters": ARRAYS["filters"].reshape(3, 3, 2)},
        {**ARRAYS, "bias": ARRAYS["bias"].view(np.int32)},
        {**ARRAYS, "more": np.float32(0)},
        {"filters": ARRAYS["filters"]},
    ],
    ids=["value", "order", "name", "shape", "type", "one more", "one less"],
)
def test_the_checksum_tells_arrays_that_are_not_those_it_was_made_of(other):
    made_of = json.loads(str(np.load(io.BytesIO(weights()))["header"]))["checksum"]
    with pytest.raises(WeightsError, match="checksum"):
        read_weights(weights(other, checksum=made_of), "zeng", SHAPES)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (weights(method="park"), "for method park, not zeng"),
        (weights(format=99), "format 99; this version reads 1"),
        (weights(checksum="0" * 64), "checksum"),
        (weights({"bias": np.float32(1)}), "lack filters"),
        (
            weights({**ARRAYS, "filters": np.zeros((2, 3, 4), np.float32)}),
            r"\(2, 3, 4\); they must be float32 or float16 \(2, 3, 3\)",
        ),
        (weights({**ARRAYS, "bias": np.float64(1)}), "float64"),
        (weights({**ARRAYS, "bias": np.float32("nan")}), "NaN"),
        (b"", "not a weights file"),
        (b"some words", "not a weights file"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_plain_words(data, complaint):
    with pytest.raises(WeightsError, match=complaint):
        read_weights(data, "zeng", SHAPES)


def test_half_precision_is_read_as_single():
    halves = {name: np.float16(array) for name, array in ARRAYS.items()}
    data = weights(halves)
    arrays, header = read_weights(data, "zeng", SHAPES)
    assert all(array.dtype == np.float32 and np.array_equal(array, halves[name]) for name, array in arrays.items())
    assert len(data) < len(weights()) and header["checksum"] != read_weights(weights(), "zeng", SHAPES)[1]["checksum"]
    with pytest.raises(WeightsError, match="infinite"):
        read_weights(weights({**halves, "bias": np.float16("inf")}), "zeng", SHAPES)


def test_weights_say_for_which_part_they_are_and_those_that_do_not_are_for_maps():
    for header, part, other in (
        ({}, "map", "score"),
        ({"part": "map"}, "map", "score"),
        ({"part": "score"}, "score", "map"),
    ):
        data = weights(**header)
        assert read_weights(data, "zeng", SHAPES, part)[0].keys() == ARRAYS.keys()
        with pytest.raises(OtherPartError, match=f"for the {part} of method zeng, not for its {other}"):
            read_weights(data, "zeng", SHAPES, other)


@pytest.mark.parametrize("part", [7, None, ["map"], "x" * 10**5])
def test_a_part_that_is_none_is_refused_in_one_short_line(part):
    with pytest.raises(WeightsError) as raised:
        read_weights(weights(part=part), "zeng", SHAPES)
    assert len(str(raised.value)) < 120


def test_damage_counts_more_than_the_part():
    with pytest.raises(WeightsError, match="checksum"):
        read_weights(weights(part="score", checksum="0" * 64), "zeng", SHAPES)


def test_weights_are_found_by_name_in_a_folder_or_are_the_one_file_or_those_that_ship(monkeypatch, tmp_path, root):
    monkeypatch.delenv("BLURKIT_WEIGHTS", raising=False)
    for name in ("zeng", "joint", "joint-score"):
        assert find_weights(name) == shipped_weights(name) == root / "share" / "weights" / f"{name}.npz"
    (tmp_path / "joint-score.npz").write_bytes(b"")
    monkeypatch.setenv("BLURKIT_WEIGHTS", str(tmp_path))
    assert find_weights("joint-score") == tmp_path / "joint-score.npz"
    with pytest.raises(WeightsError, match=r"no weights at .*joint.npz \(from BLURKIT_WEIGHTS\)"):
        find_weights("joint")
    monkeypatch.setenv("BLURKIT_WEIGHTS", str(tmp_path / "joint-score.npz"))
    assert find_weights("joint") == find_weights("zeng") == tmp_path / "joint-score.npz"
    assert shipped_weights("joint").parent == root / "share" / "weights"
    with pytest.raises(WeightsError, match="weights nobody.npz not found"):
        shipped_weights("nobody")


def test_too_large_weights_are_refused_before_they_are_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("filters.npy", bytes(65 << 20))
    with pytest.raises(WeightsError, match="unpacks to more"):
        read_weights(out.getvalue(), "zeng", SHAPES)


def test_weights_that_unpack_to_more_than_their_directory_says_take_no_more_memory():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(60 << 20))
    true_size, lie = struct.pack("<I", 60 << 20), struct.pack("<I", 100)
    data = out.getvalue().replace(true_size, lie)
    assert out.getvalue().count(true_size) == 2
    tracemalloc.start()
    with pytest.raises(WeightsError, match="damaged"):
        read_weights(data, "zeng", SHAPES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("form", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_weights_packed_in_unusual_ways_are_refused_before_they_are_unpacked(form):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(weights())) as sound, zipfile.ZipFile(out, "w", form) as archive:
        for name in sound.namelist():
            archive.writestr(name, sound.read(name))
    with pytest.raises(WeightsError, match="packed"):
        read_weights(out.getvalue(), "zeng", SHAPES)


def test_weights_of_very_many_arrays_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(1001):
            archive.writestr(str(number), b"")
    with pytest.raises(WeightsError, match="more than 1000 arrays"):
        read_weights(out.getvalue(), "zeng", SHAPES)


def test_an_array_of_python_objects_in_weights_is_refused():
    out = io.BytesIO()
    np.savez(out, header=np.array([{}], object), filters=ARRAYS["filters"])
    with pytest.raises(WeightsError, match="damaged"):
        read_weights(out.getvalue(), "zeng", SHAPES)


@pytest.mark.parametrize("dtype", [[], "V0", "<U4"])
def test_arrays_of_other_types_are_no_reason_to_break_off(dtype):
    data = write_weights({**ARRAYS, "more": np.empty(3, np.dtype(dtype))}, {"method": "zeng"})
    assert set(read_weights(data, "zeng", SHAPES)[0]) >= set(ARRAYS)


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
def test_no_value_that_is_not_finite_is_taken_in_half_precision(value):
    arrays = {name: array.astype(np.float16) for name, array in ARRAYS.items()}
    sound = write_weights(arrays, {"method": "zeng"})
    kept, _ = read_weights(sound, "zeng", SHAPES, keeps_half=True)
    assert all(kept[name].dtype == np.float16 and (kept[name] == arrays[name]).all() for name in arrays)
    arrays["filters"].flat[3] = value
    with pytest.raises(WeightsError, match="weights filters hold NaN or infinite values"):
        read_weights(write_weights(arrays, {"method": "zeng"}), "zeng", SHAPES, keeps_half=True)


def packed():
    out = io.BytesIO()
    np.savez_compressed(out, **dict(np.load(io.BytesIO(weights()))))
    return out.getvalue()


@pytest.mark.parametrize("data", [weights(), packed()], ids=["stored", "compressed"])
def test_a_damaged_byte_is_noticed_or_harmless_wherever_it_lies(data):
    refused = 0
    for place in range(0, len(data), 3):
        damaged = bytearray(data)
        damaged[place] ^= 0x55
        try:
            arrays, _ = read_weights(bytes(damaged), "zeng", SHAPES)
        except WeightsError:
            refused += 1
        else:
            assert all(np.array_equal(arrays[n], ARRAYS[n]) for n in ARRAYS)
    assert refused > len(data) / 6


@given(st.integers(0, 2000))
def test_truncated_weights_are_refused(length):
    data = weights()
    with pytest.raises(WeightsError):
        read_weights(data[: min(length, len(data) - 1)], "zeng", SHAPES)
