import numpy as np
import pytest
from matplotlib import pyplot as plt
from random_runs import NUM_CLASSES, random_maps, segmented_video

from experiments.flicker_report import (
    confusion_picture,
    flicker_bars,
    flicker_curves,
    heat_map,
)
from experiments.flicker_report.flicker_record import record_video
from experiments.flicker_report.place_tables import (
    border_table,
    class_place_table,
    row_table,
)
from experiments.predictions.side_by_side import side_by_side

CLASSES = ["road", "tree", "sky", "car"]


@pytest.fixture
def figures(monkeypatch):
    """The figures that would be saved."""
    found = []
    for module in (confusion_picture, flicker_bars, flicker_curves, heat_map):
        monkeypatch.setattr(
            module, "save_figure", lambda figure, path: found.append(figure)
        )
    yield found
    for figure in found:
        plt.close(figure)


@pytest.fixture
def record(rng):
    labels, predictions, images = random_maps(rng)
    calmer = predictions.copy()
    calmer[::2] = calmer[1::2]
    runs = {
        "ICNet": [segmented_video(predictions, labels, images)],
        "calmer": [segmented_video(calmer)],
    }
    (video,) = side_by_side(runs)
    return record_video(video, NUM_CLASSES)


@pytest.fixture
def places(record):
    return {run: found.by_place() for run, found in record.runs.items()}


def bars(axis, number):
    """Lengths of the bars, one list a run of `number` bars."""
    sizes = [max(p.get_height(), p.get_width(), key=abs) for p in axis.patches]
    return [sizes[k : k + number] for k in range(0, len(sizes), number)]


def test_curves_are_the_pairs_with_their_mean_in_the_legend(figures, record):
    flicker_curves.save_curves("any", record)
    (figure,) = figures
    assert len(figure.axes) == 2
    for axis, metric in zip(figure.axes, ("mfp", "mfip"), strict=True):
        texts = [text.get_text() for text in axis.get_legend().get_texts()]
        for index, (run, found) in enumerate(record.runs.items()):
            counts = getattr(found, metric)
            x, y = axis.lines[index].get_data()
            np.testing.assert_array_equal(x, [1, 2, 3, 4, 5])
            np.testing.assert_array_equal(y, counts.per_mille)
            assert texts[index] == f"{run}: mean {np.mean(counts.per_mille):.1f}"
        colours = {line.get_color() for line in axis.lines[:2]}
        assert len(colours) == 2


def test_heat_maps_of_all_runs_have_one_scale(figures, record):
    heat_map.save_heat_map("any", record)
    (figure,) = figures
    panels = [axis for axis in figure.axes if len(axis.images) == 2]
    expected = [
        getattr(found, metric).share()
        for metric in ("mfp", "mfip")
        for found in record.runs.values()
    ]
    assert len(panels) == 4
    for panel, share in zip(panels, expected, strict=True):
        np.testing.assert_allclose(panel.images[1].get_array(), share, rtol=1e-6)
    assert len({panel.images[1].get_clim() for panel in panels}) == 1
    titles = [panel.get_title() for panel in panels]
    assert titles[0].startswith("ICNet, mFP ")
    assert titles[3].startswith("calmer, mFIP ")
    bar = next(axis for axis in figure.axes if axis not in panels)
    assert "per mille" in bar.get_ylabel()


@pytest.mark.parametrize("num_runs", [1, 2, 3])
def test_all_texts_of_a_heat_map_of_wide_images_are_within_it(num_runs, figures, rng):
    # Virtual KITTI's shape; no labels, so one line of panels.
    predictions = random_maps(rng, num_frames=2, height=48, width=160)[1]
    video = segmented_video(predictions, name="0001/clone")
    (matched,) = side_by_side({f"run {k}": [video] for k in range(num_runs)})
    heat_map.save_heat_map("any", record_video(matched, NUM_CLASSES))
    figure = figures[0]
    figure.canvas.draw()
    titles = [axis.title for axis in figure.axes]
    for text in (*figure.texts, *titles, figure.axes[-1].yaxis.label):
        box = text.get_window_extent()
        assert box.y0 >= 0 and box.y1 <= figure.bbox.y1, text
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1, text


def test_bars_are_the_counts(figures, places):
    flicker_bars.save_border_bars("any", places)
    flicker_bars.save_class_bars("any", places, CLASSES)
    flicker_bars.save_row_bars("any", places)
    thinnest_first = np.argsort(places["ICNet"].border_distance)
    for figure in figures:
        assert len(figure.axes) == 2
    for column, metric in enumerate(("mfp", "mfip")):
        by_border, by_class, by_row = (figure.axes[column] for figure in figures)
        for index, found in enumerate(places.values()):
            share = found.borders.flicker_share(metric)
            # Bars of no height are as wide as any: only those with flicker are told.
            known = share > 1
            heights = [p.get_height() for p in by_border.patches][6 * index :][:6]
            np.testing.assert_allclose(np.array(heights)[known], share[known])
            np.testing.assert_allclose(
                bars(by_class, NUM_CLASSES)[index],
                found.classes.rate(metric)[thinnest_first],
            )
            np.testing.assert_allclose(
                bars(by_row, 10)[index], found.tenths.rate(metric)
            )
    names = [text.get_text() for text in figures[1].axes[0].get_yticklabels()]
    first = thinnest_first[0]
    share = places["ICNet"].classes.pixel_share()[first]
    distance = places["ICNet"].border_distance[first]
    assert names[0] == f"{CLASSES[first]}\n{share:.1f} %, {distance:.1f} px"


def test_bars_say_whose_borders_they_are(figures, record, places):
    flicker_bars.save_border_bars("any", places)
    assert "border of the labels" in figures[0].axes[0].get_xlabel()
    bare = [video.read(False) for video in record.video.runs.values()]
    predictions = [np.stack([frame.prediction for frame in video]) for video in bare]
    (video,) = side_by_side({"a": [segmented_video(predictions[0])]})
    found = record_video(video, NUM_CLASSES).runs["a"].by_place()
    flicker_bars.save_border_bars("any", {"a": found})
    assert len(figures[1].axes) == 1
    assert "border of the predictions" in figures[1].axes[0].get_xlabel()


def test_place_tables_hold_the_rates(places):
    borders, classes, rows = (
        border_table(places),
        class_place_table(places, CLASSES),
        row_table(places),
    )
    header = ["ICNet: pixels (%)", "mFP (‰)", "mFIP (‰)"]
    assert borders[0][:4] == ["distance (pixels)", *header]
    assert [row[0] for row in borders[1:4]] == ["1", "2", "3 to 4"]
    assert [row[0] for row in classes[1:]] == CLASSES
    assert [row[0] for row in rows[1:]] == [
        f"{k}0 to {k + 1}0 %" if k else "0 to 10 %" for k in range(10)
    ]
    found = places["calmer"].classes
    assert classes[2][5:] == [
        f"{found.pixel_share()[1]:.2f}",
        f"{places['calmer'].border_distance[1]:.2f}",
        f"{found.rate('mfp')[1]:.2f}",
        f"{found.rate('mfip')[1]:.2f}",
    ]


def test_confusion_is_percent_of_the_label_without_absent_classes(figures):
    matrix = np.array([[30, 10, 0], [0, 60, 0], [0, 0, 0]])
    confusion_picture.save_confusion("any", {"a": matrix}, ["road", "tree", "sky"])
    axis = figures[0].axes[0]
    np.testing.assert_allclose(axis.images[0].get_array(), [[75, 25], [0, 100]])
    assert [t.get_text() for t in axis.get_xticklabels()] == ["road", "tree"]
    assert sorted(text.get_text() for text in axis.texts) == ["100", "25", "75"]
