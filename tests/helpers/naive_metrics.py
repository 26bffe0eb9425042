"""Every metric as a plain Python loop over pixels that follows its definition.

A video is a pair (label, prediction) of arrays `(time, height, width)`, for TC a pair
(prediction, flow). The result is `None` if nothing was measured.
"""

import math

import numpy as np

VOID = 255


def mean(values):
    return sum(values) / len(values) if values else None


def pixels(label, prediction):
    """The (label, prediction) of every pixel that is not ignored."""
    both = zip(label.ravel().tolist(), prediction.ravel().tolist(), strict=True)
    return [(g, s) for g, s in both if g != VOID]


def ious(pairs, num_classes):
    """IoU per class in percent, from all (label, prediction) of an evaluation."""
    found = []
    for k in range(num_classes):
        union = sum(k in pair for pair in pairs)
        both = sum(pair == (k, k) for pair in pairs)
        found.append(100 * both / union if union else None)
    return found


def mean_iou(pairs, num_classes):
    return mean([iou for iou in ious(pairs, num_classes) if iou is not None])


def accuracy(pairs):
    return mean([100 * (g == s) for g, s in pairs])


def mean_over_pairs(videos, pixel_flickers):
    """Per mille of pixels, from a loop over every pixel of every pair of frames."""
    shares = []
    for label, prediction in videos:
        for t in range(1, len(prediction)):
            counted = flickering = 0
            for y, x in np.ndindex(prediction.shape[1:]):
                pixel = [
                    (int(label[k, y, x]), int(prediction[k, y, x])) for k in (t - 1, t)
                ]
                flickers = pixel_flickers(pixel)
                if flickers is not None:
                    counted += 1
                    flickering += flickers
            if counted:
                shares.append(1000 * flickering / counted)
    return mean(shares)


def mfp(videos, encoding, ignore_label=VOID):
    def pixel_flickers(pixel):
        if any(g == ignore_label for g, _ in pixel):
            return None
        code = [g + 1 if encoding == "label" else s for g, s in pixel]
        before, after = (
            c if s != g else 0 for c, (g, s) in zip(code, pixel, strict=True)
        )
        return before != after

    return mean_over_pairs(videos, pixel_flickers)


def mfip(videos):
    return mean_over_pairs(videos, lambda pixel: pixel[0][1] != pixel[1][1])


def tc(videos, num_classes):
    """From the list of all pairs of a pixel and its source in the next frame."""
    matches = []
    for prediction, flow in videos:
        height, width = prediction.shape[1:]
        for t in range(1, len(prediction)):
            for y, x in np.ndindex(height, width):
                u, v = (float(n) for n in flow[t - 1, y, x])
                if not (math.isfinite(u) and math.isfinite(v)):
                    continue
                to_y, to_x = y + round(v), x + round(u)
                if 0 <= to_y < height and 0 <= to_x < width:
                    pair = prediction[t - 1, y, x], prediction[t, to_y, to_x]
                    matches.append(tuple(int(n) for n in pair))
    return mean_iou(matches, num_classes)


def vc(videos, num_frames):
    shares = []
    for label, prediction in videos:
        for start in range(len(label) - num_frames + 1):
            window = slice(start, start + num_frames)
            labelled = stayed = 0
            for y, x in np.ndindex(label.shape[1:]):
                g, s = (
                    set(maps[window, y, x].tolist()) for maps in (label, prediction)
                )
                if len(g) == 1 and VOID not in g:
                    labelled += 1
                    stayed += len(s) == 1
            if labelled:
                shares.append(100 * stayed / labelled)
    return mean(shares)


def stale_rate(videos, ignore_label=VOID):
    changed = stale = 0
    for label, prediction in videos:
        for t in range(1, len(label)):
            for y, x in np.ndindex(label.shape[1:]):
                before, after = int(label[t - 1, y, x]), int(label[t, y, x])
                if before != after and ignore_label not in (before, after):
                    changed += 1
                    stale += int(prediction[t, y, x]) == before
    return stale / changed if changed else None


def near_border(label, y, x, width):
    """Whether a pixel of another label is at most `width` steps away."""
    return any(
        abs(row - y) + abs(column - x) <= width and label[row, column] != label[y, x]
        for row, column in np.ndindex(label.shape)
    )


def mfp_by_border(videos, width, encoding="label", ignore_label=VOID):
    """mFP of the pixels near borders, and of the others."""
    shares = [], []
    for label, prediction in videos:
        for t in range(1, len(label)):
            pair = slice(t - 1, t + 1)
            counted, flickering = [0, 0], [0, 0]
            for y, x in np.ndindex(label.shape[1:]):
                g, s = (
                    maps[pair, y : y + 1, x : x + 1] for maps in (label, prediction)
                )
                share = mfp([(g, s)], encoding, ignore_label)
                if share is None:
                    continue
                near = any(near_border(frame, y, x, width) for frame in label[pair])
                counted[not near] += 1
                flickering[not near] += share == 1000
            for k in range(2):
                if counted[k]:
                    shares[k].append(1000 * flickering[k] / counted[k])
    return mean(shares[0]), mean(shares[1])


def through_output_grid(label, grid, ignore_label=VOID):
    """A frame's shares of classes on a grid with aligned corners, and back."""
    height, width = label.shape

    def covered(length, points, index):
        """Weight of each pixel in the area that is closer to a point than to others."""
        spacing = (length - 1) / (points - 1) if points > 1 else 2 * length
        centre = index * (length - 1) / (points - 1) if points > 1 else 0
        low, high = (
            max(centre - spacing / 2, -0.5),
            min(centre + spacing / 2, length - 0.5),
        )
        weights = [
            max(0.0, min(pixel + 0.5, high) - max(pixel - 0.5, low))
            for pixel in range(length)
        ]
        return [weight / sum(weights) for weight in weights]

    def share(class_id, row, column):
        rows = covered(height, grid[0], row)
        columns = covered(width, grid[1], column)
        return sum(
            rows[y] * columns[x]
            for y, x in np.ndindex(label.shape)
            if label[y, x] == class_id
        )

    def around(length, points, pixel):
        """(grid point, weight) of the two around a pixel."""
        position = pixel * (points - 1) / (length - 1) if length > 1 else 0.0
        before = math.floor(position)
        after = min(before + 1, points - 1)
        return (before, 1 - (position - before)), (after, position - before)

    classes = [int(k) for k in np.unique(label) if k != ignore_label]
    shares = {
        (k, *point): share(k, *point) for k in classes for point in np.ndindex(*grid)
    }
    values = np.zeros((len(classes), height, width))
    for n, k in enumerate(classes):
        for y, x in np.ndindex(label.shape):
            values[n, y, x] = sum(
                wy * wx * shares[k, row, column]
                for row, wy in around(height, grid[0], y)
                for column, wx in around(width, grid[1], x)
            )
    return classes, values
