"""Files of networks with random damage: opened, or refused in one sentence."""

import random
import shutil

import pytest
from random_icnet import export_folder, random_network

from lstm_icnet.deployment.open_network import open_network

SAVED_MODEL = ("saved_model.pb", "variables.index", "variables.data-00000-of-00001")


def damaged(content, rng):
    """`content` with bits flipped, bytes overwritten, cut off, inserted or zeroed."""
    content = bytearray(content)
    # Names and offsets are at the end of a .keras file, and anywhere in the others.
    place = rng.choice([rng.randrange(len(content)), -rng.randrange(1, 2000)])
    place = max(place % len(content), 1)
    kind = rng.randrange(5)
    if kind == 0:
        content[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        for _ in range(20):
            content[rng.randrange(len(content))] = rng.randrange(256)
    elif kind == 2:
        del content[place:]
    elif kind == 3:
        content[place:place] = rng.randbytes(rng.randrange(1, 40))
    else:
        content[place : place + 50] = bytes(50)
    return bytes(content)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A `.keras` file and an export folder of one network."""
    file = tmp_path_factory.mktemp("good") / "good.keras"
    random_network("icnet").save(file)
    return {"keras": file, "export": export_folder("icnet")}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keras", *SAVED_MODEL])
def test_random_damage_is_one_sentence_or_none(name, good, tmp_path):
    refused = 0
    for seed in range(25):
        target = tmp_path / str(seed)
        if name == "keras":
            target = target.with_suffix(".keras")
            shutil.copy(good["keras"], target)
            file = target
        else:
            shutil.copytree(good["export"], target)
            file = next((target / "saved_model").rglob(name))
        file.write_bytes(damaged(file.read_bytes(), random.Random(seed)))
        try:
            assert open_network(target).num_classes == 5
        except ValueError as error:
            message = str(error)
            assert str(target) in message, (seed, message)
            assert "\n" not in message and len(message) < 500, (seed, message)
            refused += 1
    assert refused > 15
