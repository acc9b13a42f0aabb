"""What receivers that are told of logoffs hold, end to end: the mapping is gone when the message is there."""

import pytest

SCENARIOS = [("fsso-logon-logoff", "fsso"), ("check-point", "check-point")]


@pytest.mark.parametrize(("scenario", "form"), SCENARIOS)
def test_a_logoff_ends_the_mapping(tmp_path, run, listener, scenario, form):
    there = listener("--profile", f"{form}-logon", "--profile", f"{form}-logoff")
    report = tmp_path / "run.json"
    run("run", scenario, "--to", there.target("tcp"), "--for", "rsyslog", "--speed", "max", "--report", report).expect(0)
    there.finish().expect(0)
    mappings = there.mappings_file.read_text()
    assert "Total: 0 users" in mappings
    run("verify", "--run", report, "--mappings", there.mappings_file, "--at", "end").expect(0)


@pytest.mark.parametrize(("scenario", "form"), SCENARIOS)
def test_a_receiver_without_the_profile_for_logouts_keeps_them(tmp_path, run, listener, scenario, form):
    there = listener("--profile", f"{form}-logon")
    report = tmp_path / "run.json"
    run("run", scenario, "--to", there.target("tcp"), "--for", "rsyslog", "--speed", "max", "--report", report).expect(0)
    there.finish().expect(0)
    found = run("verify", "--run", report, "--mappings", there.mappings_file, "--at", "end").expect(6)
    assert "logoff of" in found.out


@pytest.mark.parametrize(("scenario", "form"), SCENARIOS)
def test_the_truth_of_both_moments(run, scenario, form):
    at = "1h,1h10m"
    both = run("truth", scenario, "--at", at, "--format", "csv").expect(0).out
    login = run("truth", scenario, "--at", at, "--format", "csv", "--profile", f"{form}-logon").expect(0).out
    assert "bob" in login
    assert both.count("bob") < login.count("bob")
