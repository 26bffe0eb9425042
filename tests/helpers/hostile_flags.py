"""Invalid values of flags."""

from collections.abc import Iterator
from functools import partial

from folder_tree import numbered, write_folder
from hostile_cases import Case
from hostile_images import id_maps, write_maps

SIZE = (97, 97)
NUMBERS = ("nan", "inf", "-inf", "", "one", "-1", "1e400")
FLICKER = ["--predictions={maps}", "--labels={maps}"]
DATA = ["--dataset=folder", "--data_dir={tree}"]
TRAIN = [
    *DATA,
    "--model=icnet",
    "--workdir={folder}/run",
    "--train_split=all",
    "--val_split=",
    "--height=97",
    "--width=97",
    "--width_multiplier=0.25",
    "--steps=1",
]
SHOW = [*DATA, "--output={folder}/clips.png", "--height=97", "--width=97"]
RENDER = ["--out_dir={folder}/out", "--num_videos=1", "--num_frames=1"]
# By verb: valid flags, and further flags that are set.
FLAGS = {
    ("flicker", *FLICKER): [
        *(f"--colour_tolerance={value}" for value in NUMBERS),
        "--num_classes=0",
        "--num_classes=255",
        "--num_classes=-1",
        "--num_classes=many",
        "--ignore_label=-1",
        "--ignore_label=70000",
        "--ignore_label=void",
        "--frame_stride=0",
        "--frame_stride=2",
        "--encoding=both",
        "--dataset=camvid",
        "--dataset=mine",
        "--data_dir=/nowhere",
        "--split=val",
        "--only_videos=x",
        "--flow=/nowhere",
        "--images=/nowhere",
        "--labels=/nowhere",
        "--predictions=/nowhere",
        "--predictions=",
        "--predictions=a=",
        "--palette=/nowhere",
        "--classes=/nowhere",
        "--json=/nowhere/\0x".replace("\0", "a" * 300),
        "--json={maps}",
        "--json=/proc/x.json",
        "--csv=/dev/null/x.csv",
        "--figures={maps}/0000.png",
        "--figures=/dev/null",
        "--flagfile=/nowhere",
        "--flagfile={maps}",
        "--flagfile={maps}/0000.png",
        "--nosuchflag",
        "stray",
        "https://example.org/maps",
        "--predictions=https://example.org/maps",
        "--labels=https://example.org/maps",
    ],
    ("show_data", *SHOW): [
        *(f"--min_scale={value}" for value in (*NUMBERS, "0", "3")),
        *(f"--max_scale={value}" for value in (*NUMBERS, "0", "1e9")),
        "--count=0",
        "--count=21",
        "--num_frames=0",
        "--num_frames=20",
        "--split=none",
        "--only_videos=x",
        "--skip_videos=*",
        "--frame_stride=100",
        "--output={tree}",
    ],
    ("train", *TRAIN): [
        *(f"--learning_rate={value}" for value in NUMBERS),
        *(f"--weight_decay={value}" for value in NUMBERS),
        *(f"--width_multiplier={value}" for value in (*NUMBERS, "0", "1e12")),
        *(f"--min_scale={value}" for value in (*NUMBERS, "0", "3")),
        *(
            f"--class_weights={value}"
            for value in (*NUMBERS, "1,2", "1,2,nan", "0,0,0")
        ),
        "--batch_size=0",
        "--steps=0",
        "--height=96",
        "--height=0",
        "--model=lstm_icnet_v7",
        "--cell=cubic",
        "--num_frames=100",
        "--train_split=none",
        "--val_split=none",
        "--init_from=/nowhere",
        "--init_from={maps}",
        "--seed=-1",
        "--seed=1e3",
        "--workdir={maps}/0000.png",
        "--workdir=/proc/run",
    ],
    ("render_synthetic", *RENDER): [
        "--height=31",
        "--height=5000",
        "--num_videos=0",
        "--num_frames=0",
        "--seed=-1",
        "--out_dir={maps}",
        "--out_dir={maps}/0000.png",
        "--out_dir=/proc/videos",
    ],
    ("compare", "--scores={maps}/scores.json"): [
        "--scores=/nowhere",
        "--scores={maps}",
        "--scores=a=",
        "--json={maps}",
    ],
    ("prepare_data", *DATA, "--out_dir={folder}/shards"): [
        "--dataset=mine",
        "--data_dir=/nowhere",
        "--data_dir={maps}",
        "--data_dir={maps}/0000.png",
        "--out_dir={maps}/0000.png",
        "--out_dir=/proc/shards",
    ],
    ("segment", "--model={maps}", "--input={maps}", "--output={folder}/v.mp4"): [
        *(f"--alpha={value}" for value in (*NUMBERS, "2")),
        *(f"--fps={value}" for value in (*NUMBERS, "0")),
        "--max_frames=0",
        "--start=soon",
        "--write=masks",
        "--strength=nan",
        "--hysteresis=nan",
        "--smoothing=much",
        "--model=/nowhere",
        "--model={maps}/0000.png",
        "--model=https://example.org/model",
        "--output=https://example.org/out",
        "--dataset=mine",
    ],
    ("evaluate", *DATA, "--model_file={maps}"): [
        "--workdir=/nowhere",
        "--mode=both",
        "--num_frames=0",
        "--reset_every=-1",
        "--strength=inf",
        "--hysteresis=inf",
        "--smoothing=flow",
        "--figures={maps}/0000.png",
        "--split=none",
    ],
    ("export", "--model_file={maps}", "--out_dir={folder}/out"): [
        "--workdir=/nowhere",
        "--height=0",
        "--width=-1",
        "--formats=mine",
    ],
    ("smooth", "--predictions={maps}", "--images={maps}", "--out_dir={folder}/out"): [
        *(f"--strength={value}" for value in (*NUMBERS, "1", "2")),
        *(f"--hysteresis={value}" for value in NUMBERS),
        "--predictions=/nowhere",
        "--images=/nowhere",
        "--palette=/nowhere",
        "--out_dir={maps}",
    ],
    ("benchmark", "--suite=flicker", "--json={folder}/out.json"): [
        "--suite=all",
        "--video={folder}/drive.mp4",
        "--chart={folder}/chart.png",
        "--frames=10",
        "--rounds=0",
        "--height=96",
        "--dtype=int8",
        "--kernel_size=0",
        "--json={maps}",
    ],
    ("demo", "--out_dir={folder}/demo"): [
        "--seeds=one",
        "--seeds=-1",
        "--seeds=",
        "--out_dir={maps}/0000.png",
        "--out_dir=/proc/demo",
    ],
    (
        "tables",
        "--dataset=virtual_kitti",
        "--data_dir={tree}",
        "--workdir={folder}/t",
    ): [
        "--seeds=one",
        "--seeds=",
        "--networks=lstm_icnet_v7",
        "--set=--steps=2",
        "--set=seed=2",
        "--dataset=camvid",
        "--data_dir=/nowhere",
        "--workdir={maps}/0000.png",
    ],
    ("check_data", *DATA): [
        "--threads=0",
        "--num_frames=0",
        "--split=none",
        "--only_videos=x",
        "--skip_videos=*",
        "--data_dir=",
        "--data_dir=/nowhere",
        "--data_dir={tree}/classes.json",
        "--data_dir=s3://bucket/data",
        "--json={tree}",
    ],
}


def cases() -> Iterator[Case]:
    """All cases of this module."""

    def arguments(line, folder):
        write_maps(folder / "maps", id_maps())
        write_folder(folder / "tree", {"v": numbered(range(6))}, size=SIZE)
        places = {"folder": folder, "maps": folder / "maps", "tree": folder / "tree"}
        return [word.format(**places) for word in line]

    for (verb, *good), wrong in FLAGS.items():
        for flag in wrong:
            make = partial(arguments, [*good, flag])
            yield Case("flags", f"{flag[:40]}", verb, make)
