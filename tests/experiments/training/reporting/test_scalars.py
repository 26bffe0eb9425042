from types import SimpleNamespace

import pytest

from experiments.training.reporting.scalars import (
    tag_of,
    validation_line,
    validation_scalars,
)

SCORES = SimpleNamespace(
    accuracy=88.04, mean_iou=47.06, mfp=None, mfip=18.5, per_class_iou={"Sky": 90.0}
)


@pytest.mark.parametrize(
    "name, tag",
    [
        ("loss", "train/loss"),
        ("main_loss", "train/main_loss"),
        ("val_mean_iou", "val/mean_iou"),
        ("val_iou/Traffic Sign", "val_iou/Traffic Sign"),
    ],
)
def test_the_name_of_a_number_tells_its_group(name, tag):
    assert tag_of(name) == tag


def test_classes_are_numbers_of_their_own():
    scalars = validation_scalars(SCORES)
    assert scalars["val_iou/Sky"] == 90.0
    assert scalars["val_mean_iou"] == 47.06
    assert scalars["val_mfp"] is None


def test_a_validation_is_one_line_of_what_was_measured():
    line = validation_line(500, SCORES)
    assert line == "Step 500: mIoU 47.1 %, accuracy 88.0 %, mFIP 18.5 ‰"
