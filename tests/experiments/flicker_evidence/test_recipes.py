from experiments.flicker_evidence.recipes import CURVES, GROUPS, ICNET, pool_frames


def test_every_recipe_has_a_name_of_its_own():
    names = [ICNET.name, *(recipe.name for group in GROUPS for recipe in group)]
    assert len(set(names)) == len(names)
    assert set(CURVES) <= set(names)


def test_clips_are_as_long_as_their_pool_says():
    assert [pool_frames(p) for p in ("frames", "real", "motion12")] == [1, 4, 12]


def test_without_memory_the_network_sees_single_frames():
    recipes = {r.name: r for group in GROUPS for r in group}
    assert recipes["no_memory_1"].model_frames == 1
    assert recipes["memory_1"].model_frames == 6
    assert recipes["icnet_continued"].model_frames == 1
