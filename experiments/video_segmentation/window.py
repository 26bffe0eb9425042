"""A window that shows the frames while they are segmented, through Tk."""

from types import TracebackType

import cv2
import numpy as np

_SHARE_OF_SCREEN = 0.9


class Window:
    """A window; `q`, Escape and its close button set `is_closed`.

    To be used in the main thread, as Tk and most systems demand.

    Attributes:
        is_closed: Whether the user has closed it.

    Raises:
        ValueError: If there is no display, or Python has no Tk.
    """

    def __init__(self, title: str):
        try:
            import tkinter
        except ModuleNotFoundError:
            raise ValueError(
                "--show needs Tk, which this Python does not have; install it (Debian "
                "and Ubuntu: python3-tk)"
            ) from None
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise ValueError(
                f"--show needs a display for its window: {error}"
            ) from None
        self.is_closed = False
        self._root.title(title)
        self._root.protocol("WM_DELETE_WINDOW", self._note)
        for key in ("q", "<Escape>"):
            self._root.bind(key, self._note)
        self._new_picture = tkinter.PhotoImage
        self._label = tkinter.Label(self._root)
        self._label.pack()

    def show(self, picture: np.ndarray) -> None:
        """Shows uint8 RGB (height, width, 3), smaller if the screen is small."""
        height, width = picture.shape[:2]
        scale = _SHARE_OF_SCREEN * min(
            self._root.winfo_screenheight() / height,
            self._root.winfo_screenwidth() / width,
        )
        if scale < 1:
            size = max(1, int(scale * width)), max(1, int(scale * height))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        header = f"P6 {picture.shape[1]} {picture.shape[0]} 255 ".encode()
        image = self._new_picture(data=header + picture.tobytes(), format="ppm")
        self._label.configure(image=image)
        self._image = image  # the label alone would not keep it
        self._root.update()

    def __enter__(self) -> "Window":
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._root.destroy()

    def _note(self, event: object = None) -> None:
        self.is_closed = True
