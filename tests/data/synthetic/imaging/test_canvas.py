from dataclasses import replace

import numpy as np
import pytest

from data.synthetic.imaging.camera import Camera
from data.synthetic.imaging.canvas import Canvas
from data.synthetic.imaging.panel import billboard, box, face
from data.synthetic.imaging.texture import Texture, plain
from data.synthetic.imaging.view import PanelTable

SIZE = (60, 80)
CATEGORIES = ("Sky", "Car", "Pole")
RED = Texture(plain((255, 0, 0), 32, 32))
HALF = plain((0, 0, 255), 32, 32)
HALF[:, 16:, 3] = 0
LEFT_HALF = Texture(HALF)


@pytest.fixture
def camera():
    # At the origin, looking along z, one pixel per centimetre at one metre.
    intrinsics = np.array([[100, 0, 39.5], [0, 100, 29.5], [0, 0, 1]], float)
    rotation = np.diag([1.0, -1.0, 1.0])
    return Camera(np.zeros(3), rotation, intrinsics)


def plate(x, y, depth, size, texture=RED, category="Car"):
    corners = (x, y, depth), (x + size, y, depth), (x, y - size, depth)
    return face(*corners, texture, category)


def drawn(camera, panels):
    canvas = Canvas(SIZE, CATEGORIES)
    table = PanelTable(panels)
    for view in table.views(camera, SIZE):
        panel = table.panels[view.number]
        canvas.paint(view, panel.texture, 1.0, CATEGORIES.index(panel.category))
    return canvas


def test_a_panel_covers_just_the_pixels_whose_middle_it_covers(camera):
    # Two metres away, 40 cm wide: 20 pixels from x = 39.5 - 10, y = 29.5 - 10 on.
    canvas = drawn(camera, [plate(-0.2, 0.2, 2.0, 0.4)])
    expected = np.zeros(SIZE, bool)
    expected[20:40, 30:50] = True
    np.testing.assert_array_equal(canvas.label == 1, expected)
    np.testing.assert_allclose(canvas.inverse_depth[expected], 0.5, rtol=1e-5)
    assert (canvas.colour[25:35, 35:45] == (255, 0, 0)).all()


@pytest.mark.parametrize("thickness", [0.3, 1.0, 1.7, 2.6])
def test_a_thin_panel_is_as_bright_as_it_is_wide_and_labelled_where_it_is(
    camera, thickness, rng
):
    # Two metres away a pixel is 2 cm; row y of the picture is at 29.5 - y pixels.
    for top in rng.uniform(10, 50, 20):
        size = np.array([40, thickness]) / 50
        left, upper = -0.4, (29.5 - top) / 50
        wire = face(
            (left, upper, 2),
            (left + size[0], upper, 2),
            (left, upper - size[1], 2),
            RED,
            "Car",
        )
        canvas = drawn(camera, [wire])
        rows = np.arange(SIZE[0])
        middles = (rows >= top) & (rows < top + thickness)
        np.testing.assert_array_equal(canvas.label[:, 40] == 1, middles)
        shares = canvas.colour[:, 25:55, 0] / 255
        np.testing.assert_allclose(shares.sum(axis=0), thickness, atol=0.02)


def test_panels_that_touch_leave_no_gap_between_them(camera, rng):
    for roll in rng.uniform(-1, 1, 20):
        turn = [[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0]]
        rolled = replace(camera, rotation=np.array([*turn, [0, 0, 1]]) * [1, -1, 1])
        x, y = rng.uniform(-0.1, 0.1, 2)
        quarters = [plate(x + i, y + j, 2.0, 2.0) for i in (-2, 0) for j in (0, 2)]
        canvas = drawn(rolled, [plate(-4, 4, 9.0, 8, category="Pole"), *quarters])
        assert (canvas.label == 1).all()


@pytest.mark.parametrize("near_first", [True, False])
def test_the_nearer_panel_hides_the_farther(camera, near_first):
    near = plate(-0.1, 0.1, 1.0, 0.2, category="Car")
    far = plate(-0.4, 0.4, 2.0, 0.8, category="Pole")
    canvas = drawn(camera, [near, far] if near_first else [far, near])
    assert canvas.label[30, 40] == CATEGORIES.index("Car")
    assert canvas.label[12, 22] == CATEGORIES.index("Pole")
    assert np.sum(canvas.label == 1) == 20 * 20


def test_what_is_see_through_has_the_label_behind(camera):
    behind = plate(-0.4, 0.4, 4.0, 0.8, category="Pole")
    canvas = drawn(camera, [behind, plate(-0.1, 0.1, 1.0, 0.2, LEFT_HALF)])
    assert canvas.label[30, 34] == CATEGORIES.index("Car")
    assert canvas.label[30, 45] == CATEGORIES.index("Pole")


def test_a_panel_is_not_seen_from_behind_and_a_billboard_always(camera):
    away = face((0.2, 0.2, 2), (-0.2, 0.2, 2), (0.2, -0.2, 2), RED, "Car")
    assert PanelTable([away]).views(camera, SIZE) == []
    for yaw in (0, 1, 3):
        post = billboard(0, 0, -0.2, 0.4, 0.4, RED, "Car")
        table = PanelTable([post], (0, 2, yaw))
        assert len(table.views(camera, SIZE)) == 1


def test_what_is_behind_the_camera_or_beside_the_picture_is_not_seen(camera):
    panels = [plate(-0.2, 0.2, -2.0, 0.4), plate(5, 0.2, 2.0, 0.4)]
    assert PanelTable(panels).views(camera, SIZE) == []


def test_a_panel_that_passes_the_camera_is_drawn_up_to_it(camera):
    # A wall along z on the right, from ten metres ahead to behind the camera.
    wall = face((0.5, 0.3, 10), (0.5, 0.3, -5), (0.5, -0.3, 10), RED, "Car")
    canvas = drawn(camera, [wall])
    covered = canvas.label == 1
    assert covered[30, 50:].all() and not covered[:, :40].any()
    # x = 39.5 + 100 * 0.5 / depth
    depth = 50 / (np.arange(50, 80) - 39.5)
    np.testing.assert_allclose(1 / canvas.inverse_depth[30, 50:], depth, rtol=1e-4)


def test_a_box_shows_the_faces_that_look_to_the_camera(camera):
    sides = dict.fromkeys(("back", "front", "left", "right", "top"), RED)
    table = PanelTable(box((1, 2), (-2, -1), (4, 5), sides, "Car"))
    seen = {list(sides)[view.number] for view in table.views(camera, (200, 200))}
    assert seen == {"back", "left", "top"}


def test_a_texture_seen_from_afar_keeps_its_mean(rng):
    picture = rng.uniform(0, 255, (32, 64, 4))
    picture[..., 3] = 255
    texture = Texture(picture)
    small = texture.at_area(8)
    assert small.shape[0] * small.shape[1] <= 16
    np.testing.assert_allclose(
        small[..., :3].mean((0, 1)), picture[..., :3].mean((0, 1)), rtol=1e-4
    )


def test_see_through_parts_do_not_tint_the_smaller_sizes():
    picture = np.zeros((16, 16, 4))
    picture[..., :3] = 255
    picture[:, 8:] = (10, 20, 30, 255)
    small = Texture(picture).at_area(1)
    np.testing.assert_allclose(small[0, 0], [5, 10, 15, 0.5])
