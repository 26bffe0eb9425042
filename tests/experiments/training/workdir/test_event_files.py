import pytest
import tensorflow as tf

from experiments.training.workdir.event_files import forget_events_after


@pytest.fixture
def folder(tmp_path):
    """Two runs: steps 1 to 3, and steps 3 and 4."""
    for steps in ((1, 2, 3), (3, 4)):
        writer = tf.summary.create_file_writer(str(tmp_path))
        with writer.as_default():
            for step in steps:
                tf.summary.scalar("loss", step / 2, step)
        writer.close()
    return tmp_path


def steps_in(folder):
    """As TensorFlow reads them, which checks the checksums."""
    return [
        [event.step for event in events_in(file) if event.HasField("summary")]
        for file in in_order(folder)
    ]


def in_order(folder):
    """By the numbers in their names, where 9 comes before 10."""
    parts = {f: f.name.split(".") for f in folder.iterdir()}
    return sorted(parts, key=lambda f: [(len(p), p) for p in parts[f]])


def events_in(file):
    for record in tf.data.TFRecordDataset(str(file)):
        yield tf.compat.v1.Event.FromString(record.numpy())


def test_events_of_later_steps_are_removed(folder):
    first, _ = in_order(folder)
    assert steps_in(folder) == [[1, 2, 3], [3, 4]]
    forget_events_after(folder, 3)
    assert steps_in(folder) == [[1, 2, 3], [3]]
    forget_events_after(folder, 2)
    assert steps_in(folder) == [[1, 2]]  # nothing is left of the second
    assert list(folder.iterdir()) == [first]
    forget_events_after(folder, 0)
    assert list(folder.iterdir()) == []


def test_files_without_later_steps_are_not_written_to(folder):
    before = [(f, f.stat().st_ino, f.stat().st_mtime_ns) for f in folder.iterdir()]
    forget_events_after(folder, 4)
    assert before == [
        (f, f.stat().st_ino, f.stat().st_mtime_ns) for f in folder.iterdir()
    ]


@pytest.mark.parametrize("missing", [1, 20])
def test_a_record_that_broke_off_is_removed(missing, folder):
    file = in_order(folder)[0]
    file.write_bytes(file.read_bytes()[:-missing])
    forget_events_after(folder, 4)
    assert steps_in(folder) == [[1, 2], [3, 4]]


def test_a_folder_that_is_missing_has_no_events(tmp_path):
    forget_events_after(tmp_path / "tensorboard", 0)
    assert not (tmp_path / "tensorboard").exists()


def test_other_files_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("kept")
    forget_events_after(tmp_path, 0)
    assert (tmp_path / "notes.txt").read_text() == "kept"
