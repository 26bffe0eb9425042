import numpy as np
import pytest

from experiments.presentation.panel_sheet import Panel, panel_sheet

SIZE = (40, 160)
COLOURS = [[(200, 10, 10), (10, 200, 10)], [(10, 10, 200), (200, 200, 10)]]


def sheet_of(colours=COLOURS, size=SIZE, caption="name", **others):
    rows = [
        [Panel(caption, np.full((*size, 3), colour, np.uint8)) for colour in row]
        for row in colours
    ]
    return panel_sheet(rows, **others)


def box_of(sheet, colour):
    """Rows and columns, first and last, of the pixels of a colour; all must be so."""
    rows, columns = np.nonzero((sheet == colour).all(-1))
    box = rows.min(), rows.max(), columns.min(), columns.max()
    height, width = box[1] - box[0] + 1, box[3] - box[2] + 1
    assert len(rows) == height * width
    return box


def test_every_picture_is_whole_and_in_its_place():
    sheet = sheet_of(title="title")
    boxes = [[box_of(sheet, colour) for colour in row] for row in COLOURS]
    for row in boxes:
        for top, bottom, left, right in row:
            assert (bottom - top + 1, right - left + 1) == SIZE
        assert row[0][0] == row[1][0] and row[0][3] < row[1][2]
    assert boxes[0][0][1] < boxes[1][0][0]
    assert [box[2] for box in boxes[0]] == [box[2] for box in boxes[1]]


def test_captions_title_and_legend_are_written_outside_the_pictures():
    def texts(**others):
        sheet = sheet_of(**others)
        for colour in np.reshape(COLOURS, (-1, 3)):
            box_of(sheet, colour)
        return np.count_nonzero(sheet.min(-1) > 200)  # of text, near to white

    bare = texts(caption=" ")
    captions = texts()
    assert 0 == bare < captions < texts(title="title")
    assert captions < texts(legend=[("road", (128, 64, 128))])


def test_the_legend_has_every_colour_and_is_wrapped():
    legend = [(f"class {k}", (100 + k, 7, 7)) for k in range(12)]
    sheet = sheet_of(legend=legend)
    tops = [box_of(sheet, colour)[0] for _, colour in legend]
    rights = [box_of(sheet, colour)[3] for _, colour in legend]
    assert len(set(tops)) > 1 and tops == sorted(tops)
    assert max(rights) < sheet.shape[1]


def test_a_caption_too_long_is_cut_and_leaves_the_layout_as_it_is():
    short, long = sheet_of(), sheet_of(caption="word " * 100)
    assert short.shape == long.shape
    assert not np.array_equal(short, long)
    box_of(long, COLOURS[0][0])


def test_pictures_of_several_sizes_are_refused():
    large, small = (np.zeros((n, 20, 3), np.uint8) for n in (20, 10))
    with pytest.raises(ValueError, match=r"one size.*\(10, 20, 3\), \(20, 20, 3\)"):
        panel_sheet([[Panel("a", large), Panel("b", small)]])
    with pytest.raises(ValueError, match=r"lengths=\[1, 2\]"):
        panel_sheet([[Panel("a", small)], [Panel("a", small), Panel("b", small)]])
