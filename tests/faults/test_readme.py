"""The table of faults names tests that exist, and all that are here."""
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent


def test_every_test_that_the_table_names_exists_and_every_one_here_is_named():
    table = [line for line in (FOLDER / "README.md").read_text().splitlines() if line.startswith("| ")][1:]
    named = set()
    for row in table:
        for file, names in re.findall(r"`([a-z_/]+\.(?:py|cc))`(?:: ((?:`\w+`(?:, )?)+))?", row):
            path = FOLDER / file if (FOLDER / file).exists() else FOLDER.parent / file
            assert path.exists(), f"{file} of: {row}"
            for name in re.findall(r"`(\w+)`", names):
                named.add(name)
                assert re.search(rf"(def {name}\(|TEST(_F|_P)?\(\w+, {name}\))", path.read_text()), f"{file} has no {name}"
    here = {name for path in FOLDER.glob("test_*.py") if path.name != pathlib.Path(__file__).name
            for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)}
    assert here <= named, f"not in README.md: {sorted(here - named)}"
