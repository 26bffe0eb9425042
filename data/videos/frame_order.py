"""The order of the frames of a video, and its gaps, from the names of their files."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from data.files.listing import natural_order, split_numbers
from data.videos.video import most_common_spacing

# Times of day, with or without a date, and seconds since 1970 with a fraction. Their
# numbers count no frames: a clock goes from 59 to 00.
_DATE_AND_TIME = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d[-_T. ]?"
    r"[0-2]\d[-_:.h]?[0-5]\d[-_:.m]?[0-6]\d(?:[.,]?\d{3,9})?(?!\d)"
)
_SECONDS = re.compile(r"(?<!\d)[12]\d{9}[-_.,]\d{1,9}(?!\d)")
_TIME = re.compile(r"(?<!\d)[0-2]\d[-_:.h][0-5]\d[-_:.m][0-5]\d(?!\d)")
_DECIMAL = re.compile(r"(\d+(?:\.\d+)?)")
_LONGEST_PAUSE = 5  # times the usual step; a clock that is read while filming has none


@dataclass(frozen=True)
class FrameOrder:
    """How the names of a video's frames, in natural order, are understood.

    Attributes:
        numbers: Of the frames, ascending.
        spacing: Distance of neighbours; a larger one is a gap.
        note: How the names were understood, as a text that follows the name of the
            video; None if there is no doubt.
    """

    numbers: tuple[int, ...]
    spacing: int
    note: str | None = None


def order_frames(names: Sequence[str]) -> FrameOrder:
    """The frames of one video.

    A number in the names counts frames if it is at the same place in all names, always
    rises, and does so by one step, or by several steps where frames were dropped, which
    must be the exception. Where no number does, as in times of day, frames follow each
    other without a gap.

    Args:
        names: Without suffixes, in natural order.

    Raises:
        ValueError: If the only number in the names is the same in two of them.
    """
    parts = _without_times(names)
    counter = _counter(parts)
    if counter is None:
        _refuse_equal_numbers(names, parts)
        return FrameOrder(tuple(range(len(names))), 1, _why_consecutive(names))
    numbers = _column(parts, counter)
    note = None
    if len(_changing(parts)) > 1:
        note = (
            f"its frames are counted by the number {parts[0][2 * counter + 1]} in "
            f"{names[0]} and those at its place in the other names"
        )
    return FrameOrder(numbers, most_common_spacing(numbers), note)


def split_videos(names: Sequence[str]) -> dict[str, tuple[list[int], FrameOrder]]:
    """Finds the videos whose frames are in one folder.

    If one number counts all frames, they are one video. Otherwise they are several
    videos if the names differ in their words, or in a number beside another one that
    counts the frames of every video. In all other cases they are one video.

    Args:
        names: Without suffixes, in natural order.

    Returns:
        By the part of the names that identifies a video: indices into `names`, and
        their order.
    """
    everything = list(range(len(names)))
    parts = _without_times(names)
    if _counter(parts) is not None:
        return {"": (everything, order_frames(names))}
    videos: dict[str, tuple[list[int], FrameOrder]] = {}
    for group in _split_by_words(everything, parts):
        for inner in _split_by_number(group, parts):
            title = _title([parts[i] for i in inner]) if len(inner) < len(names) else ""
            while title in videos:
                title = f"{title}_{names[inner[0]]}"
            videos[title] = inner, order_frames([names[i] for i in inner])
    return videos


def _split_by_words(group, parts):
    """Splits names by their words, if names with equal words are one video.

    They are if they follow each other, or, as with the frames of two cameras, if a
    number counts the frames of each and most numbers occur in all.
    """
    groups = _grouped((tuple(parts[i][::2]), i) for i in group)
    if len(groups) == len(group):
        return [group]
    if all(inner[-1] - inner[0] < len(inner) for inner in groups):
        return groups
    numbers = [_counted([parts[i] for i in inner]) for inner in groups]
    in_all, in_any = set.intersection(*numbers), set.union(*numbers)
    return groups if 2 * len(in_all) > len(in_any) else [group]


def _counted(parts):
    counter = _counter(parts)
    return set() if counter is None else set(_column(parts, counter))


def _split_by_number(group, parts):
    """Splits names with equal words by the numbers beside one that counts frames.

    That is the last number that changes, unless it is short and follows a long one, as
    the number of a camera does.
    """
    changing = _changing([parts[i] for i in group])
    if _counter([parts[i] for i in group]) is not None or len(changing) < 2:
        return [group]
    before, last = ({len(parts[i][2 * c + 1]) for i in group} for c in changing[-2:])
    is_camera = len(before) == 1 and min(before) >= 3 and max(last) <= 2
    counter = changing[-2 if is_camera else -1]
    place = 2 * counter + 1
    videos = _grouped(((*parts[i][:place], *parts[i][place + 1 :]), i) for i in group)
    columns = [_column([parts[i] for i in video], counter) for video in videos]
    steps = [b - a for numbers in columns for a, b in pairwise(numbers)]
    return videos if _are_even(steps) else [group]


def _grouped(pairs: Iterable[tuple[tuple[str, ...], int]]) -> list[list[int]]:
    """Indices with equal keys, in the order in which the keys first occur."""
    groups = defaultdict(list)
    for key, index in pairs:
        groups[key].append(index)
    return list(groups.values())


def _without_times(names: Sequence[str]) -> list[list[str]]:
    """The names split at their numbers; the times of the frames, if any, are removed.

    A time that several names share belongs to a whole video, such as its start, unless
    the times follow each other like those of frames.
    """
    for pattern in (_DATE_AND_TIME, _SECONDS, _TIME) if len(names) > 1 else ():
        matches = [match for name in names if (match := pattern.search(name))]
        if len(matches) < len(names):
            continue
        times = sorted({match[0] for match in matches}, key=natural_order)
        is_each_frames = len(times) == len(names) and pattern is not _TIME
        shared = len(times) < len(names)
        if is_each_frames or _follow_each_other(times, shared):
            return _split([pattern.sub("", name, count=1) for name in names])
    return _split(names)


def _split(names):
    """Words at the even places, and the numbers between them at the odd ones.

    Two numbers with a point between them are one decimal number, such as seconds, if
    all names have the same number of digits behind the point.
    """
    parts = [_DECIMAL.split(name) for name in names]
    digits = [
        tuple(len(number.partition(".")[2]) for number in part[1::2]) for part in parts
    ]
    if len(set(digits)) == 1:
        return parts
    return [split_numbers(name) for name in names]


def _follow_each_other(times, shared):
    """Whether times of day are those of one recording, read frame by frame.

    Where frames share a time there are several in a second, so the next one is near.
    """
    clock = [re.sub(r"\D", "", time) for time in times]
    clock = [digits[8:] if len(digits) >= 14 else digits for digits in clock]
    seconds = [int(t[:2]) * 3600 + int(t[2:4]) * 60 + int(t[4:6]) for t in clock]
    steps = sorted(b - a for a, b in pairwise(seconds))
    usual = steps[(len(steps) - 1) // 2] if len(steps) > 1 else 0
    if usual < 1 or steps[0] < 1 or steps[-1] > _LONGEST_PAUSE * usual:
        return False
    return usual <= 2 or not shared


def _column(parts, place: int) -> tuple[int, ...]:
    return tuple(int(part[2 * place + 1].replace(".", "")) for part in parts)


def _places(parts) -> range:
    """The numbers that have the same words before them in all names."""
    shared = 0
    for words in zip(*(part[:-1:2] for part in parts), strict=False):
        if len(set(words)) > 1:
            break
        shared += 1
    return range(shared)


def _changing(parts):
    return [p for p in _places(parts) if len(set(_column(parts, p))) > 1]


def _counter(parts) -> int | None:
    """Which number of the names counts frames."""
    if len(parts) == 1:
        last = len(parts[0]) // 2 - 1
        return last if last >= 0 else None
    for place in _changing(parts):
        if _are_even([b - a for a, b in pairwise(_column(parts, place))]):
            return place
    return None


def _are_even(steps: Sequence[int]) -> bool:
    """Whether most steps are equal, and the others a multiple."""
    if not steps or min(steps) < 1:
        return False
    counts = Counter(steps)
    usual = min(counts, key=lambda step: (-counts[step], step))
    multiples = all(step % usual == 0 for step in counts)
    return multiples and 2 * counts[usual] >= len(steps)


def _refuse_equal_numbers(names, parts):
    if any(len(part) != 3 for part in parts) or len({p[0] + p[2] for p in parts}) > 1:
        return
    for (one, a), (other, b) in pairwise(zip(names, _column(parts, 0), strict=True)):
        if a == b:
            raise ValueError(
                f"{one} and {other} both have frame number {a}; numbers within a video "
                f"must differ"
            )


def _why_consecutive(names):
    if len(names) == 1:
        return None
    shown = f"such as {names[0]} and {names[1]}"
    return (
        f"no number in the names of its frames, {shown}, rises evenly; they are taken "
        f"in the order of their names, without gaps"
    )


def _title(parts):
    """The part that the names of one video share, without the number that counts."""
    counter = _counter(parts)
    if counter is None:
        first, last = min(map("".join, parts)), max(map("".join, parts))
        pairs = takewhile(
            lambda pair: pair[0] == pair[1], zip(first, last, strict=False)
        )
        texts = ["".join(letter for letter, _ in pairs)]
    else:
        place = 2 * counter + 1
        texts = ["".join(parts[0][:place]), "".join(parts[0][place + 1 :])]
    return "_".join(filter(None, (text.strip("_-. ") for text in texts)))
