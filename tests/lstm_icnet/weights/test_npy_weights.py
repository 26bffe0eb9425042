import os
import pickle
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_files import Python2Pickler, write_npy

from lstm_icnet.weights.npy_weights import read_npy_weights


@pytest.fixture
def layers(rng):
    return {
        "conv1": {"weights": rng.standard_normal((3, 3, 2, 4)).astype("float32")},
        "conv1_bn": {
            "scale": rng.standard_normal(4).astype("float32"),
            "variance": np.full(300, 200, "float32"),  # bytes beyond ASCII, and long
        },
        "empty": {},
    }


def assert_same(read, expected):
    assert read.keys() == expected.keys()
    for layer, weights in expected.items():
        assert read[layer].keys() == weights.keys()
        for name, array in weights.items():
            assert read[layer][name].dtype == np.float32
            np.testing.assert_array_equal(read[layer][name], array)


def assert_refused(file, match):
    with pytest.raises(ValueError, match=match) as error:
        read_npy_weights(file)
    message = str(error.value)
    assert message.startswith(f"{file} ")
    assert "\n" not in message


def test_what_numpy_saves_is_read(layers, tmp_path):
    np.save(tmp_path / "weights.npy", layers)
    assert_same(read_npy_weights(tmp_path / "weights.npy"), layers)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_every_protocol_that_numpy_ever_used_is_read(layers, tmp_path, protocol):
    file = write_npy(tmp_path / "weights.npy", layers, protocol=protocol)
    assert_same(read_npy_weights(str(file)), layers)


def test_a_file_of_python_2_is_read(layers, tmp_path):
    file = write_npy(tmp_path / "weights.npy", layers, Python2Pickler)
    content = file.read_bytes()
    assert b"numpy.core.multiarray" in content
    assert b"_codecs" not in content
    assert_same(read_npy_weights(file), layers)


def test_order_byte_order_and_precision_of_the_arrays_do_not_matter(tmp_path, rng):
    array = np.round(rng.standard_normal((2, 3, 4)), 1).astype("float16")
    arrays = {
        "Fortran": np.asfortranarray(array),
        "big endian": array.astype(">f4"),
        "double": array.astype("float64"),
        "half": array,
        "one value": np.array(1.5, "float32"),
        "none": np.zeros((0, 3), "float32"),
    }
    np.save(tmp_path / "weights.npy", {"layer": arrays})
    assert_same(read_npy_weights(tmp_path / "weights.npy"), {"layer": arrays})


class Call:
    """Calls `function(*arguments)` in the process that unpickles it."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def calls_that_make(marker):
    """Pickled calls that create the file `marker`, by what they use for it."""
    code = f"open({str(marker)!r}, 'w').close()"
    return {
        "system": Call(os.system, f"touch {marker}"),
        "eval": Call(eval, code),
        "exec": Call(exec, code),
        "subprocess": Call(subprocess.check_call, ["touch", str(marker)]),
        "numpy's own exec": Call(np.testing._private.utils.runstring, code, {}),
        "numpy.memmap": Call(np.memmap, str(marker), "float32", "w+", 0, (1,)),
        "a pickle within": Call(pickle.loads, pickle.dumps(Call(eval, code))),
    }


PLACES = {
    "instead of the dict": lambda call: call,
    "as a layer": lambda call: {"conv1": call},
    "as an array": lambda call: {"conv1": {"weights": call}},
    "in an array of objects": lambda call: {
        "conv1": {"weights": np.array([1.0, call], object)}
    },
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("call", calls_that_make("..."))
def test_nothing_in_the_file_is_run(tmp_path, call, place):
    marker, file = tmp_path / "marker", tmp_path / "weights.npy"
    content = PLACES[place](calls_that_make(marker)[call])
    for protocol in (2, 4):
        write_npy(file, content, protocol=protocol)
        assert_refused(file, r"its pickle uses [\w.]+, which a dict of float arrays")
        assert not marker.exists()
    np.load(file, allow_pickle=True)  # what must not happen does happen there
    assert marker.exists()


@pytest.mark.parametrize(
    "program, named",
    [
        (b"(S'touch marker'\nios\nsystem\n.", "os.system"),  # INST
        (b"(cos\nsystem\nS'touch marker'\no.", "os.system"),  # OBJ
        (b"c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval"),  # Python 2
        (b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.", "numpy.ndarray.tofile"),
        (b"cnumpy\nload\n(S'other.npy'\ntR.", "numpy.load"),
        (b"cnumpy.core.multiarray\nscalar\n.", "numpy.core.multiarray.scalar"),
    ],
)
def test_a_refusal_names_what_the_pickle_names(tmp_path, program, named):
    file = write_npy(tmp_path / "weights.npy", {})
    header = file.read_bytes()[:128]
    file.write_bytes(header + program)
    assert_refused(file, f"its pickle uses {named}, which")


def test_anything_but_dicts_of_dicts_of_float_arrays_is_refused(tmp_path):
    array = np.zeros(3, "float32")
    record = np.zeros(2, [("a", "f4"), ("b", "O")])
    for content, match in [
        ([array], "it holds no dict of layers"),
        (None, "it holds no dict of layers"),
        ({"conv1": array}, "its entry 'conv1' is not the dict of a layer"),
        ({7: {"weights": array}}, "its entry 7 is not the dict of a layer"),
        ({"conv1": {"weights": [1.0]}}, "'weights' of conv1 is not an array of floats"),
        ({"conv1": {7: array}}, "7 of conv1 is not an array of floats"),
        ({"conv1": {"w": {"a": array}}}, "'w' of conv1 is not an array of floats"),
        ({"conv1": {"w": np.array([1.0], object)}}, "'w' of conv1 is not an array of"),
        ({"conv1": {"w": np.zeros(3, "int64")}}, "an array of 'i8' is among the"),
        ({"conv1": {"w": np.array(["text"])}}, "an array of 'U4' is among the weights"),
        ({"conv1": {"w": record}}, "an array of 'V12' is among the weights"),
    ]:
        assert_refused(write_npy(tmp_path / "weights.npy", content), match)


def test_an_array_of_numbers_is_refused(tmp_path):
    np.save(tmp_path / "image.npy", np.zeros((4, 5), "uint8"))
    assert_refused(tmp_path / "image.npy", r"an array of uint8 and shape \(4, 5\), not")


@pytest.mark.parametrize("pickler", [pickle.Pickler, Python2Pickler])
def test_a_file_cut_anywhere_is_refused(tmp_path, pickler):
    array = np.arange(100, dtype="float32")
    file = write_npy(tmp_path / "weights.npy", {"conv1": {"weights": array}}, pickler)
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert_refused(file, "cannot be read as weights: .")


@settings(max_examples=300, deadline=None)
@given(changes=st.dictionaries(st.integers(0, 700), st.integers(0, 255), min_size=1))
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, changes):
    file = tmp_path_factory.mktemp("damaged") / "weights.npy"
    write_npy(file, {"conv1": {"weights": np.arange(100, dtype="float32")}})
    content = bytearray(file.read_bytes())
    for place, byte in changes.items():
        content[place % len(content)] = byte
    file.write_bytes(content)
    try:
        for weights in read_npy_weights(file).values():
            assert all(array.dtype == np.float32 for array in weights.values())
    except ValueError as error:
        assert str(error).startswith(f"{file} ")


def test_foreign_files_are_refused(tmp_path):
    file = tmp_path / "weights.npy"
    file.write_text("not an array")
    assert_refused(file, "cannot be read as weights: the magic string is not correct")
    file.write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    )
    assert_refused(file, "is a git-lfs pointer, not the file itself")
    with pytest.raises(FileNotFoundError, match=r"no\.npy"):
        read_npy_weights(tmp_path / "no.npy")
