"""Tab completion of bash: what it offers is what the program takes, and nothing else."""
import pytest

from tests.support.processes import ROOT, binary, run_command

SCRIPT = """
set -u
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_esm_sender
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""

SCENARIO = """
include: more.yaml
parameters:
  curve: { choice: normal, of: [normal, poisson] }
"""


def offered(folder, *words):
    command = ["bash", "-c", SCRIPT, "bash", ROOT / "scripts/completion/esm-sender.bash", binary(), *words]
    return run_command(list(map(str, command)), cwd=folder).expect(0).out.split()


@pytest.mark.parametrize(
    "words,expected",
    [
        (["r"], ["run", "render"]),
        (["help", "re"], ["render"]),
        (["run", "morn"], ["morning-logon"]),
        (["run", "--quiet", "morn"], ["morning-logon"]),
        (["run", "--sp"], ["--speed"]),
        (["run", "--speed", ""], ["max"]),
        (["load", "--rate", ""], ["max"]),
        (["load", "--targets", "w"], ["weighted"]),
        (["load", "--for", "panos"], ["panos-9", "panos-10"]),
        (["run", "--tls-min", ""], ["1.2", "1.3"]),
        (["truth", "--format", ""], ["panos", "panos-xml", "json", "csv"]),
        (["verify", "--format", ""], ["text", "json"]),
        (["verify", "--received-format", "r"], ["raw", "rsyslog", "regex:"]),
        (["check", "--print-plan", "=", "j"], ["json"]),
        (["check", "--print-plan", "="], ["csv", "json"]),
        (["check", "--print-plan", "morn"], ["morning-logon"]),
        (["truth", "--format", "=", "p"], ["panos", "panos-xml"]),
        (["verify", "--scenario", "first"], ["first-contact"]),
        (["listen", "--profile", "traps-k"], ["traps-kb", "traps-kb-field"]),
        (["listen", "--sender-profile", "10.0.1.20", "=", "traps-kb-"], ["traps-kb-field"]),
        (["listen", "--for", ""], ["panos-9", "panos-10"]),
        (["listen", "--framing", ""], ["auto", "lf", "crlf", "nul", "octet"]),
        (["listen", "--fault", "s"], ["stall", "slow"]),
        (["listen", "--mappings-format", "p"], ["panos", "panos-xml"]),
        (["listen", "--tls-client-cert", ""], ["ask", "require"]),
        (["check", "mine.yaml", "--set", ""], ["many=", "curve=normal", "curve=poisson"]),
        (["run", "monday-storm", "--set", "pe"], ["people="]),
        (["run", "--set", "people", "=", "5k", "monday-storm", "--set", "p"], ["people="]),
        (["check", "mine.yaml", "--set", "cur"], ["curve=normal", "curve=poisson"]),
        (["check", "mine.yaml", "--set", "curve", "="], ["normal", "poisson"]),
        (["check", "mine.yaml", "--set", "curve", "=", "p"], ["poisson"]),
        (["check", "mine.yaml", "--set", "=", "cur"], ["curve=normal", "curve=poisson"]),
        (["check", "mine.yaml", "--set", "=", "curve", "=", "p"], ["poisson"]),
        (["check", "mine.yaml", "--set", "many", "="], []),
        (["check", "none.yaml", "--set", ""], []),
        (["check", "-", "--set", ""], []),
        (["check", "mine.pem", "--set", ""], []),
        (["run", "--tls-ca", "mine.p"], ["mine.pem"]),
        (["run", "mine."], ["mine.pem", "mine.yaml"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_word_is_completed(tmp_path, words, expected):
    (tmp_path / "mine.pem").touch()
    (tmp_path / "mine.yaml").write_text(SCENARIO)
    (tmp_path / "more.yaml").write_text("parameters: { many: { count: 3 }, bad: { count: x } }\n")
    assert offered(tmp_path, *words) == expected


def test_every_option_of_every_verb_is_in_its_help(run):
    for verb in run("--complete", "verbs").out.split():
        text = run(verb, "--help").out
        for option in run(verb, "--complete-options").out.split():
            assert f"  {option}" in text, (verb, option)
