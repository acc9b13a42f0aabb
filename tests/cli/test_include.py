"""A scenario in several files: read together, kept in the record of a run, and never from outside its folder."""
import pytest

PEOPLE = 'users:\n  office: { count: 3, name: "user{}" }\n'
MAIN = """\
include: parts/people.yaml
length: 30m
endpoints:
  office: { count: 3, host: "PC-{}", pool: 10.0.0.0/24 }
activity:
  - { logon: office, on: office, at: 5m }
"""


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/people.yaml").write_text(PEOPLE)
    (tmp_path / "main.yaml").write_text(MAIN)
    return tmp_path / "main.yaml"


def test_a_record_needs_the_included_files_no_more(run, scenario, tmp_path):
    run("run", scenario, "--to", f"file:{tmp_path}/sent", "--speed", "max", "--report", f"{tmp_path}/run.json").expect(0)
    for file in ("main.yaml", "parts/people.yaml"):
        (tmp_path / file).unlink()
    run("verify", "--run", f"{tmp_path}/run.json", "--received", f"{tmp_path}/sent").expect(0)


@pytest.mark.parametrize(
    "name, problem",
    [
        ("/etc/passwd", "'/etc/passwd' is an absolute path"),
        ("../people.yaml", "'../people.yaml' leads out of the scenario's folder"),
        ("link.yaml", "'link.yaml' is a link that leads out of the scenario's folder"),
        ("peple.yaml", "there is no file 'peple.yaml' in the scenario's folder"),
    ],
)
def test_only_files_of_its_folder_can_be_included(run, scenario, name, problem):
    (scenario.parent / "link.yaml").symlink_to("/etc/passwd")
    scenario.write_text(MAIN.replace("parts/people.yaml", name))
    checked = run("check", scenario).expect(2)
    assert f"main.yaml:1:10: error: include: {problem}\n" in checked.err
    assert "root:" not in checked.err
