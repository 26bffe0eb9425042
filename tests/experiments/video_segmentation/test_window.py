import sys
import types

import numpy as np
import pytest

from experiments.video_segmentation.window import Window


class FakeTk:
    """What `Window` uses of a Tk window, with a screen of 100x100 pixels."""

    def __init__(self):
        self.handlers = {}
        self.updates = 0
        self.destroyed = False
        FakeTk.last = self

    def title(self, text):
        self.text = text

    def protocol(self, name, handler):
        self.handlers[name] = handler

    bind = protocol

    def winfo_screenheight(self):
        return 100

    winfo_screenwidth = winfo_screenheight

    def update(self):
        self.updates += 1

    def destroy(self):
        self.destroyed = True


class FakeLabel:
    def __init__(self, root):
        FakeLabel.last = self

    def pack(self):
        pass

    def configure(self, image):
        self.image = image


@pytest.fixture
def fake_tk(monkeypatch):
    fake = types.ModuleType("tkinter")
    fake.TclError = type("TclError", (Exception,), {})
    fake.Tk, fake.Label = FakeTk, FakeLabel
    fake.PhotoImage = lambda data, format: (format, data)
    monkeypatch.setitem(sys.modules, "tkinter", fake)
    return fake


@pytest.mark.usefixtures("fake_tk")
def test_window_shows_the_pixels(rng):
    picture = rng.integers(0, 256, (20, 30, 3), dtype="uint8")
    with Window("drive") as window:
        window.show(picture)
        assert FakeLabel.last.image == ("ppm", b"P6 30 20 255 " + picture.tobytes())
        assert (FakeTk.last.text, FakeTk.last.updates) == ("drive", 1)
    assert FakeTk.last.destroyed


@pytest.mark.usefixtures("fake_tk")
def test_large_picture_is_made_to_fit_the_screen():
    with Window("drive") as window:
        window.show(np.zeros((200, 300, 3), np.uint8))
    assert FakeLabel.last.image[1].startswith(b"P6 90 60 255 ")  # 0.9 of 100 wide


@pytest.mark.usefixtures("fake_tk")
@pytest.mark.parametrize("how", ["q", "<Escape>", "WM_DELETE_WINDOW"])
def test_window_can_be_closed(how):
    with Window("drive") as window:
        assert not window.is_closed
        FakeTk.last.handlers[how]()
        assert window.is_closed


def test_no_display_is_one_sentence(fake_tk, monkeypatch):
    def no_display():
        raise fake_tk.TclError("no display name and no $DISPLAY environment variable")

    monkeypatch.setattr(fake_tk, "Tk", no_display)
    with pytest.raises(ValueError, match="--show needs a display for its window: no d"):
        Window("drive")


def test_python_without_tk_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "tkinter", None)
    with pytest.raises(ValueError, match=r"--show needs Tk, .* python3-tk"):
        Window("drive")
