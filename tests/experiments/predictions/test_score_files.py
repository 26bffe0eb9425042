import numpy as np
import pytest

from experiments.predictions.score_files import read_scores


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_arrays_of_floats_are_read(dtype, tmp_path, rng):
    scores = rng.standard_normal((4, 5, 3)).astype(dtype)
    np.save(tmp_path / "a.npy", scores)
    np.savez(tmp_path / "b.npz", scores)
    np.savez_compressed(tmp_path / "c.npz", probabilities=scores)
    for name in ("a.npy", "b.npz", "c.npz"):
        found = read_scores(str(tmp_path / name))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, scores.astype("float32"))


class Hostile:
    def __reduce__(self):
        return exec, ("raise SystemExit('was run')",)


def write_faults(folder):
    def file(name):
        return folder / name

    good = np.zeros((4, 5, 3), "float32")
    np.save(file("pickle.npy"), np.array([Hostile()], object), allow_pickle=True)
    np.savez(file("pickle.npz"), np.array([Hostile()], object))
    np.savez(file("two.npz"), good, good)
    np.savez(file("none.npz"))
    np.save(file("labels.npy"), np.zeros((4, 5), "uint8"))
    np.save(file("bytes.npy"), np.zeros((4, 5, 3), "uint8"))
    np.save(file("empty.npy"), np.zeros((4, 0, 3), "float32"))
    np.save(file("wide.npy"), np.zeros((1, 1, 256), "float32"))
    np.save(file("nan.npy"), good * np.nan)
    np.save(file("large.npy"), np.full((4, 5, 3), 1e300))
    file("nothing.npy").write_bytes(b"")
    file("text.npz").write_text("hello")
    np.save(file("good.npy"), good)
    content = file("good.npy").read_bytes()
    file("cut.npy").write_bytes(content[:-9])
    huge = content.replace(b"(4, 5, 3), }", b"(99999999999, 5, 3), }")
    file("huge.npy").write_bytes(huge)
    return {
        "pickle.npy": "allow_pickle=False",
        "pickle.npz": "allow_pickle=False",
        "two.npz": "one array, but holds 2",
        "none.npz": "one array, but holds 0",
        "labels.npy": "should hold floats",
        "bytes.npy": "should hold floats",
        "empty.npy": "should hold floats",
        "wide.npy": "256 classes; there may be at most 255",
        "nan.npy": "NaN or infinite",
        "large.npy": "NaN or infinite",
        "nothing.npy": ".",
        "text.npz": ".",
        "cut.npy": ".",
        "huge.npy": ".",
        "missing.npy": "No such file",
    }


def test_faults_are_one_sentence_with_the_file(tmp_path):
    for name, reason in write_faults(tmp_path).items():
        path = str(tmp_path / name)
        with pytest.raises(ValueError, match=reason) as error:
            read_scores(path)
        message = str(error.value)
        assert message.startswith(f"{path} cannot be read as class scores: "), message
        assert "\n" not in message
