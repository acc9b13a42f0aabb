"""Receivers know senders by their address: every ESM of a scenario sends from its own."""
import collections
import socket

SCENARIO = """\
length: 10m
esm:
  - { name: esm01, address: 10.0.1.20, source: 127.0.0.2 }
  - { name: esm02, address: 10.0.1.21, source: 127.0.0.3 }
  - { name: esm03, address: 10.0.1.22, source: 127.0.0.4 }
users:
  office: { count: 60, name: "user{:05}" }
endpoints:
  office: { count: 60, host: "PC-{:05}", pool: 10.20.0.0/24 }
activity:
  - { logon: office, on: office, at: 0s, within: 1m, curve: uniform }
"""


def test_each_esm_sends_from_its_own_address_and_source_overrides_them_all(run, tmp_path):
    scenario = tmp_path / "esms.yaml"
    scenario.write_text(SCENARIO)
    rows = run("check", scenario, "--print-plan").expect(0).out.splitlines()
    esm = rows[0].split(",").index("esm")
    planned = collections.Counter(row.split(",")[esm] for row in rows[1:])
    assert len(planned) == 3
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        there.settimeout(20)
        target = f"udp://127.0.0.1:{there.getsockname()[1]}"

        def senders():
            found = collections.Counter()
            for _ in range(len(rows) - 1):
                line, (address, _port) = there.recvfrom(65536)
                found[address] += 1
                # The head names the ESM that the address belongs to.
                if address != "127.0.0.9":
                    assert f" 10.0.1.{18 + int(address[-1])} ".encode() in line
            return found

        run("run", scenario, "--to", target, "--speed", "max").expect(0)
        assert senders() == {f"127.0.0.{i + 1}": planned[f"esm0{i}"] for i in (1, 2, 3)}
        run("run", scenario, "--to", target, "--speed", "max", "--source", "127.0.0.9").expect(0)
        assert senders() == {"127.0.0.9": len(rows) - 1}


def test_an_esm_whose_address_is_not_of_this_machine_is_named(run, tmp_path):
    scenario = tmp_path / "esms.yaml"
    scenario.write_text(SCENARIO.replace("127.0.0.3", "192.0.2.55"))
    ended = run("run", scenario, "--to", "udp://127.0.0.1:9", "--speed", "max").expect(3)
    assert "the source address 192.0.2.55 is not one of this machine" in ended.err
    assert "hint: `ip address` lists them; add it there or choose another with --source" in ended.err
