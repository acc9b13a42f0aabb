"""Users whose names come from a file: beside the scenario when it is played, in the record afterwards."""
import json

SCENARIO = """\
start: 2026-03-02T08:00:00Z
length: 1h
receiver: { profile: traps-safe }
users: { staff: { file: lists/people.csv, domain: CORP, form: DOMAIN\\user } }
endpoints: { office: { count: 4, host: "PC-{}", pool: 10.20.0.0/28, heartbeat: 30m } }
activity: [ { logon: staff, on: office, at: 5m, within: 10m } ]
steps: [ { at: 30m, expect: { PC-2: LAB\\o'brien } } ]
"""
PEOPLE = 'name,domain\nj.doe,\no\'brien,LAB\n"doe, john",\nElena,\n'


def folder_with(tmp_path):
    folder = tmp_path / "scenario"
    (folder / "lists").mkdir(parents=True)
    (folder / "mine.yaml").write_text(SCENARIO)
    (folder / "lists/people.csv").write_text(PEOPLE)
    return folder


def test_a_run_of_them_is_verified_from_the_record_alone(run, tmp_path):
    folder = folder_with(tmp_path)
    report, sent, table = tmp_path / "run.json", tmp_path / "sent.log", tmp_path / "table.txt"
    run("run", folder / "mine.yaml", "--to", f"file:{sent}", "--speed", "max", "--report", report).expect(0)
    lines = sent.read_text()
    assert "duser=CORP\\j.doe" in lines and "duser=LAB\\o'brien" in lines
    assert json.loads(report.read_text())["files"] == [{"name": "lists/people.csv", "text": PEOPLE}]
    # What lies beside the scenario afterwards has no part in it.
    (folder / "lists/people.csv").write_text("name\nsomebody else\n")
    (folder / "mine.yaml").unlink()
    run("verify", "--run", report, "--received", sent).expect(0)
    table.write_text(run("truth", "--run", report, "--at", "end").expect(0).out)
    run("verify", "--run", report, "--mappings", table, "--at", "end").expect(0)
    assert sorted(run("render", "--run", report).expect(0).out.splitlines()) == sorted(lines.splitlines())


def test_a_file_that_is_missing_is_said_where_the_scenario_names_it(run, tmp_path):
    folder = folder_with(tmp_path)
    (folder / "lists/people.csv").unlink()
    said = run("check", folder / "mine.yaml").expect(2).err
    assert f"{folder}/mine.yaml:4:25: error: file: there is no file 'lists/people.csv' in the scenario's folder" in said
    assert said.count("error") == 1, "that nobody of the file is known then goes without saying"


def test_a_mistake_in_a_file_is_shown_in_it(run, tmp_path):
    folder = folder_with(tmp_path)
    (folder / "lists/people.csv").write_text(PEOPLE + "j.doe,CORP\n")
    said = run("check", folder / "mine.yaml").expect(2).err
    assert f"{folder}/lists/people.csv:6:1: error: 'j.doe' is there twice\n    6 | j.doe,CORP\n      | ^~~~~\n" in said


def test_a_scenario_from_standard_input_has_its_files_in_the_current_folder(run, tmp_path, monkeypatch):
    folder = folder_with(tmp_path)
    monkeypatch.chdir(folder)
    by_path = run("render", "mine.yaml").expect(0).out
    assert "o'brien" in by_path
    assert run("render", "-", input=SCENARIO).expect(0).out == by_path
