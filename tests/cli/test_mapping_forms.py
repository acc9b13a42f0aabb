"""The mapping table in all its forms: what `truth` writes `verify` reads, and what cannot be read is
refused before anything is compared."""
import pytest

FORMS = ["panos", "panos-xml", "json", "csv"]
EPOCH = "2026-03-02T07:55:00Z"


@pytest.fixture
def table(run, tmp_path):
    def write(form, *more):
        path = tmp_path / f"table-{form}"
        path.write_text(run("truth", "morning-logon", "--epoch", EPOCH, "--format", form, *more).expect(0).out)
        return path

    return write


@pytest.mark.parametrize("form", FORMS)
def test_the_truth_in_every_form_is_right(run, table, form):
    path = table(form, "--at", "2h")
    at = [] if form in ("json", "csv") else ["--at", "2h"]  # these say themselves when they were taken
    ended = run("verify", "--scenario", "morning-logon", "--epoch", EPOCH, "--mappings", path, *at, "--compare-remaining")
    ended.expect(0)
    assert ended.out.endswith("OK\n") and " 0 matched" not in ended.out


@pytest.mark.parametrize("form", FORMS)
def test_a_lost_row_is_found_in_every_form(run, table, form):
    path = table(form, "--at", "2h")
    text = path.read_text()
    if form == "panos-xml":
        text = text.replace(text[text.index("<entry>") : text.index("</entry>") + 8], "", 1)
    else:
        rows = text.splitlines(keepends=True)
        del rows[{"panos": 2, "csv": 1, "json": 2}[form]]
        text = "".join(rows)
    path.write_text(text)
    ended = run("verify", "--scenario", "morning-logon", "--epoch", EPOCH, "--mappings", path, "--at", "2h").expect(6)
    assert ended.out.count("mapping-missing: ") == 1 and ", 1 missing" in ended.out


@pytest.mark.parametrize("form", FORMS)
def test_two_moments_in_one_file_are_refused(run, table, form):
    ended = run("verify", "--scenario", "morning-logon", "--mappings", table(form, "--at", "1h,2h")).expect(2)
    assert ended.out == ""
    assert "compare one table of one moment at a time" in ended.err


def test_a_table_that_cannot_be_read_is_not_half_compared(run, tmp_path):
    path = tmp_path / "table.txt"
    path.write_text("10.20.0.7 vsys1 SYSLOG user00007 9 9\n10.20.0.8 vsys1 SYS\n")
    ended = run("verify", "--scenario", "morning-logon", "--mappings", path).expect(2)
    assert ended.out == ""
    assert f"{path}:2:1: error: this row of 10.20.0.8 has no user: the line is cut" in ended.err


def test_the_moment_may_be_told_by_a_clock_on_the_wall(run, table):
    path = table("panos", "--at", "2h")
    for taken in ["2026-03-02T09:55:00Z", "2026-03-02T10:55:01+01:00", "2h"]:
        run(
            "verify", "--scenario", "morning-logon", "--epoch", EPOCH, "--mappings", path, "--taken-at", taken,
            "--compare-remaining",
        ).expect(0)
    wrong = run(
        "verify", "--scenario", "morning-logon", "--epoch", EPOCH, "--mappings", path, "--taken-at", "2h10s",
        "--compare-remaining",
    ).expect(6)
    assert "wrong-remaining" in wrong.out
    run(
        "verify", "--scenario", "morning-logon", "--epoch", EPOCH, "--mappings", path, "--taken-at", "2h10s",
        "--compare-remaining", "--tolerance", "10s",
    ).expect(0)


def test_a_maximum_timeout_ends_what_is_confirmed_again_and_again(run):
    known = run("truth", "first-contact", "--at", "30m").expect(0).out
    assert "Total: 1 users" in known
    assert "Total: 0 users" in run("truth", "first-contact", "--at", "30m", "--max-timeout", "20m").expect(0).out


def test_a_scenario_says_its_receivers_maximum_timeout_as_the_option_does(run, tmp_path):
    shipped = run("scenarios", "first-contact").expect(0).out
    said = tmp_path / "said.yaml"
    said.write_text(shipped + "receiver: { max-mapping-timeout: 20m }\n")
    for moment in ["10m", "19m59s", "20m", "30m", "end"]:
        table = run("truth", str(said), "--at", moment).expect(0).out
        assert table == run("truth", "first-contact", "--at", moment, "--max-timeout", "20m").expect(0).out
    # The option is stronger, and `verify` holds a table to the same.
    assert "Total: 1 users" in run("truth", str(said), "--at", "30m", "--max-timeout", "45m").expect(0).out
    saved = tmp_path / "table.txt"
    saved.write_text(run("truth", str(said), "--at", "30m").expect(0).out)
    run("verify", "--scenario", str(said), "--mappings", str(saved), "--at", "30m").expect(0)
    missing = run("verify", "--scenario", "first-contact", "--mappings", str(saved), "--at", "30m").expect(6)
    assert "mapping-missing: 10.0.1.51" in missing.out
    assert "a timeout of 20m" in run("check", str(said)).expect(0).out
    assert "a timeout of 30m" in run("check", str(said), "--max-timeout", "30m").expect(0).out
