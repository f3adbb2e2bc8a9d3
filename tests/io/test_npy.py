import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from blurkit.errors import InputError
from blurkit.io.npy import NPY_MAGIC, OnlyRead, as_bytes, encode_npy, encode_npy_header, read_npy

arrays = hn.arrays(
    st.one_of(hn.floating_dtypes(), hn.integer_dtypes(), hn.boolean_dtypes()),
    hn.array_shapes(min_dims=0, max_dims=3, max_side=5, min_side=0),
)


class Dripping:
    """A stream that hands out one byte at a time and can nothing but ``read``."""

    def __init__(self, data):
        self._rest = io.BytesIO(data)

    def read(self, size):
        return self._rest.read(min(size, 1))


def saved(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def with_header(text, version=b"\x01\x00"):
    header = text.encode().ljust(117) + b"\n"
    return NPY_MAGIC + version + len(header).to_bytes(2, "little") + header


@given(arrays)
def test_what_is_encoded_numpy_loads_and_what_numpy_saves_is_read(array):
    ours = b"".join(bytes(piece) for piece in encode_npy(array))
    for result in (np.load(io.BytesIO(ours)), read_npy(io.BytesIO(saved(array)))):
        assert result.dtype == array.dtype and result.shape == array.shape
        assert np.array_equal(result, array, equal_nan=array.dtype.kind == "f")


@given(arrays)
def test_an_encoded_array_is_byte_for_byte_what_numpy_saves(array):
    assert b"".join(bytes(piece) for piece in encode_npy(array)) == saved(
        np.ascontiguousarray(array).reshape(array.shape)
    )


@given(st.lists(arrays, max_size=4))
def test_any_number_of_arrays_follow_each_other_however_small_the_bites(several):
    stream = Dripping(b"".join(map(saved, several)))
    for array in several:
        assert read_npy(stream).tobytes() == array.tobytes()
    assert read_npy(stream) is None


def test_arrays_in_fortran_order_come_out_the_right_way():
    array = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    assert np.array_equal(read_npy(io.BytesIO(saved(array))), array)


def test_every_cut_short_of_the_whole_is_an_error():
    whole = saved(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert read_npy(io.BytesIO(b"")) is None
    for length in range(1, len(whole)):
        with pytest.raises(InputError, match="damaged|truncated"):
            read_npy(io.BytesIO(whole[:length]))


def test_a_truncated_array_says_how_much_came():
    with pytest.raises(InputError, match="20 of 24 bytes"):
        read_npy(io.BytesIO(saved(np.zeros((2, 3), np.float32))[:-4]))


class Trap:
    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


def test_python_objects_are_refused_and_never_unpickled():
    array = np.empty(1, object)
    array[0] = Trap()
    data = saved(array)
    with pytest.raises(InputError, match="objects"):
        read_npy(io.BytesIO(data))
    with pytest.raises(InputError, match="not an NPY"):
        read_npy(io.BytesIO(pickle.dumps(Trap())))
    assert not Trap.sprung


@pytest.mark.parametrize(
    "shape",
    [
        "(1000000000, 1000000000)",
        "(-1, 4)",
        "(0, 1" + 30 * "0" + ")",
        "(" + 70 * "1, " + ")",
        "(2.5,)",
        "'ab'",
        "(300000000,)",
    ],
)
def test_absurd_shapes_are_refused_before_anything_is_allocated(shape):
    data = with_header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".replace(", )", ",)")[:5000])
    with pytest.raises(InputError):
        read_npy(io.BytesIO(data + 64 * b"\0"))


@pytest.mark.parametrize(
    ("descr", "shape"), [("'<f4'", "(True, False)"), ("'<f4'", "(20,), (((("), ("('<f4', (3,))", "(20,)")]
)
def test_a_header_that_is_no_python_or_tells_no_plain_array_is_refused(descr, shape):
    data = with_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")
    with pytest.raises(InputError):
        read_npy(io.BytesIO(data + 300 * b"\0"))


@pytest.mark.parametrize("count", [10**15, 10**30])
def test_an_array_that_no_memory_holds_is_an_input_error_whatever_the_users_bound(count):
    data = with_header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count},), }}")
    with pytest.raises(InputError, match="not enough memory"):
        read_npy(io.BytesIO(data), 10**40)


def test_absurdly_wide_elements_are_refused_before_anything_is_allocated():
    data = with_header("{'descr': '|V2000000000', 'fortran_order': False, 'shape': (100000000,), }")
    with pytest.raises(InputError, match="bytes"):
        read_npy(io.BytesIO(data))


def test_the_users_bound_is_kept_and_told():
    data = saved(np.zeros((30, 40), np.float32))
    assert read_npy(io.BytesIO(data), 1200).shape == (30, 40)
    with pytest.raises(InputError, match="1200 elements; at most 1199"):
        read_npy(io.BytesIO(data), 1199)


def test_a_header_longer_than_numpys_own_bound_is_refused():
    header = (b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" + 20000 * b" ") + b"\n"
    with pytest.raises(InputError, match="damaged"):
        read_npy(io.BytesIO(NPY_MAGIC + b"\x01\x00" + len(header).to_bytes(2, "little") + header + 4 * b"\0"))


@pytest.mark.parametrize("version", [b"\1\0\xff\xff", b"\2\0\xff\xff\xff\xff"], ids=["1.0", "2.0"])
def test_a_header_of_absurd_length_is_refused_before_it_is_read(version):
    stream = io.BytesIO(NPY_MAGIC + version + bytes(100_000))
    with pytest.raises(InputError, match="header is damaged"):
        read_npy(stream)
    assert stream.tell() == len(NPY_MAGIC + version)


@given(st.binary(max_size=80))
def test_rubbish_is_an_error_never_a_crash(rubbish):
    for start in (b"x", NPY_MAGIC, NPY_MAGIC + b"\x01\x00", NPY_MAGIC + b"\x02\x00", NPY_MAGIC + b"\x03\x00"):
        with pytest.raises(InputError):
            read_npy(io.BytesIO(start + rubbish))


def test_only_read_gives_back_what_was_read_ahead():
    stream = OnlyRead(io.BytesIO(b"defgh"), b"abc")
    assert [stream.read(2), stream.read(3), stream.read(9), stream.read(1)] == [b"ab", b"cde", b"fgh", b""]
    assert not hasattr(stream, "fileno")


def test_the_header_can_promise_records_before_they_are_there():
    dtype = np.dtype([("patch", "u1", (2, 2)), ("label", "u1")])
    records = np.zeros(3, dtype)
    records["label"] = [1, 0, 1]
    data = encode_npy_header((3,), dtype) + bytes(as_bytes(records[:1])) + bytes(as_bytes(records[1:]))
    assert np.array_equal(np.load(io.BytesIO(data)), records)
