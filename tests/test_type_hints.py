"""Every public function of the three packages says what it takes and returns."""

import ast

import pytest
from checkout import ROOT

PACKAGES = ("layers", "lstm_icnet", "data")
FILES = [
    file.relative_to(ROOT)
    for package in PACKAGES
    for file in sorted((ROOT / package).rglob("*.py"))
]
# Methods that Keras calls, with Keras' arguments.
OF_KERAS = {
    "build",
    "call",
    "compute_mask",
    "compute_output_shape",
    "convolution_op",
    "from_config",
    "get_config",
    "inner_loop",
    "result",
    "update_state",
    "variables",
}


def public_functions(tree):
    """Functions of a module, and methods of its public classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = {ast.unparse(base).split(".")[0] for base in node.bases}
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name[0] != "_":
                    overrides = bases and method.name in OF_KERAS
                    inherited = bases & {"BaseConvLSTM2DCell", "Drawing", "ClipDrawing"}
                    if not (overrides or inherited):
                        yield method


def lacks_hints(function):
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    hinted = all(a.annotation for a in named if a.arg not in ("self", "cls"))
    return not hinted or function.returns is None


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_function_has_type_hints(package):
    missing = [
        f"{file}:{function.lineno} {function.name}"
        for file in FILES
        if file.parts[0] == package
        for function in public_functions(ast.parse((ROOT / file).read_text("utf-8")))
        if lacks_hints(function)
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_are_told_of_the_hints(package):
    assert (ROOT / package / "py.typed").is_file()
    assert f'"{package}": ["py.typed"]' in (ROOT / "setup.py").read_text("utf-8")


@pytest.mark.parametrize(
    "code, expected",
    [
        ("def f(x): ...", True),
        ("def f(x: int): ...", True),
        ("def f(x) -> int: ...", True),
        ("def f(x: int, *y) -> int: ...", True),
        ("def f(x: int, *, y: int, **z: int) -> int: ...", False),
        ("def f(self) -> None: ...", False),
    ],
)
def test_a_missing_hint_is_seen(code, expected):
    assert lacks_hints(ast.parse(code).body[0]) == expected
