import pytest

from experiments.training.class_weights import class_weights

CLASSES = ("Road", "Car", "Sky")


def test_without_the_flag_there_are_no_weights():
    assert class_weights(None, [], CLASSES) is None


def test_numbers_are_taken_in_the_order_of_the_classes():
    assert class_weights("1,2.5, 0", [], CLASSES) == (1.0, 2.5, 0.0)


def test_median_frequency_counts_what_is_trained_on(monkeypatch):
    asked = []

    def counted(videos, num_classes):
        asked.append((videos, num_classes))
        return 0.5, 1.0, 2.0

    monkeypatch.setattr("experiments.training.class_weights.median_frequency", counted)
    assert class_weights("median_frequency", ["drive"], CLASSES) == (0.5, 1.0, 2.0)
    assert asked == [(["drive"], 3)]


@pytest.mark.parametrize(
    "choice",
    [
        "",
        "1,2",
        "1,2,3,4",
        "1,2,x",
        "mean_frequency",
        "1,2,nan",
        "1,2,inf",
        "1,2,-1",
        "0,0,0",
    ],
)
def test_anything_else_is_refused_with_what_would_do(choice):
    with pytest.raises(ValueError) as error:
        class_weights(choice, [], CLASSES)
    assert str(error.value) == (
        f"--class_weights must be median_frequency or 3 numbers separated by commas, "
        f"one for each class, none of them negative and not all of them zero. "
        f"Received: {choice}"
    )
