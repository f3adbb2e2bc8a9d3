import io
import tracemalloc

import numpy as np
import pytest

from blurkit.errors import InputError
from blurkit.io.npy import encode_npy
from blurkit.io.patchset import encode_origin, read_patches

RECORD = np.dtype([("patch", "u1", (3, 3)), ("label", "u1")])


def patch_set(n, seed=0, dtype=RECORD):
    records = np.zeros(n, dtype)
    records["label"] = np.random.default_rng(seed).integers(0, 2, n)
    out = io.BytesIO()
    np.save(out, records)
    return records, out.getvalue()


def test_patch_sets_of_a_stream_are_joined_in_order():
    (one, first), (two, second) = patch_set(5, 1), patch_set(7, 2)
    records, digest, _ = read_patches(io.BytesIO(first + second), RECORD, 1000)
    assert np.array_equal(records, np.concatenate([one, two]))
    assert read_patches(io.BytesIO(first + second), RECORD, 1000)[1] == digest
    assert read_patches(io.BytesIO(second + first), RECORD, 1000)[1] != digest


def test_the_text_behind_a_patch_set_says_how_it_was_made():
    (one, first), (two, second) = patch_set(5, 1), patch_set(7, 2)
    text = b"".join(map(bytes, encode_origin("blur-patches --seed 1 \u00e4\udcff")))
    records, digest, origins = read_patches(io.BytesIO(first + text + second + text), RECORD, 1000)
    assert np.array_equal(records, np.concatenate([one, two]))
    assert digest == read_patches(io.BytesIO(first + second), RECORD, 1000)[1]
    assert origins == ["blur-patches --seed 1 \u00e4\ufffd"] * 2
    assert np.load(io.BytesIO(first + text)).dtype == RECORD  # what NumPy reads is the records
    with pytest.raises(InputError, match="not a patch set"):
        read_patches(io.BytesIO(text + first), RECORD, 1000)
    with pytest.raises(InputError, match="truncated"):
        read_patches(io.BytesIO(first + text[:-1]), RECORD, 1000)
    with pytest.raises(InputError, match="not a patch set"):
        read_patches(io.BytesIO(first + b"".join(map(bytes, encode_npy(np.array(b"x" * 5000))))), RECORD, 1000)


def test_the_digest_does_not_depend_on_how_the_records_were_split():
    records, whole = patch_set(6)
    halves = io.BytesIO()
    np.save(halves, records[:2])
    np.save(halves, records[2:])
    assert (
        read_patches(io.BytesIO(whole), RECORD, 1000)[1] == read_patches(io.BytesIO(halves.getvalue()), RECORD, 1000)[1]
    )


class Endless:
    """A patch set of `count` records as a stream that makes them as it is read."""

    def __init__(self, count):
        self.left = count * RECORD.itemsize
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": np.lib.format.dtype_to_descr(RECORD), "fortran_order": False, "shape": (count,)}
        )
        self.header = io.BytesIO(header.getvalue())

    def read(self, size):
        if head := self.header.read(size):
            return head
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


def test_a_set_larger_than_the_memory_in_use_passes_through():
    tracemalloc.start()
    records, *_ = read_patches(Endless(10_000_000), RECORD, 1 << 30)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(records) == 10_000_000 and peak < records.nbytes / 10
    assert not records[[0, 5_000_000, 9_999_999]]["label"].any()


def test_patch_sets_over_the_bound_are_refused_with_both_numbers():
    (_, first), (_, second) = patch_set(5), patch_set(7)
    assert len(read_patches(io.BytesIO(first + second), RECORD, 120)[0]) == 12
    with pytest.raises(InputError, match="120 bytes.*119"):
        read_patches(io.BytesIO(first + second), RECORD, 119)


def test_records_of_other_fields_or_shape_are_refused():
    other = np.dtype([("patch", "u1", (3, 3)), ("tag", "u1")])
    data = io.BytesIO()
    np.save(data, np.zeros(2, other))
    with pytest.raises(InputError, match=r"shape \(2,\), fields patch, tag$"):
        read_patches(io.BytesIO(data.getvalue()), RECORD, 1000)
    data = io.BytesIO()
    np.save(data, np.zeros((2, 2), RECORD))
    with pytest.raises(InputError, match=r"not a patch set.*shape \(2, 2\)"):
        read_patches(io.BytesIO(data.getvalue()), RECORD, 1000)
    data = io.BytesIO()
    np.save(data, np.zeros(2, np.float32))
    with pytest.raises(InputError, match="values float32"):
        read_patches(io.BytesIO(data.getvalue()), RECORD, 1000)


@pytest.mark.parametrize("data", [b"", patch_set(0)[1]])
def test_no_patches_at_all_is_an_error(data):
    with pytest.raises(InputError, match="no patches"):
        read_patches(io.BytesIO(data), RECORD, 1000)
