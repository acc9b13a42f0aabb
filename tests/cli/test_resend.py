"""What a lost connection had not acknowledged is sent again (--resend-unacked), and what verify makes of it."""
import collections
import socket
import struct

from tests.support.reports import Report


class Forgetful:
    """Reads so many bytes of its first connection, stops reading until much is on the way, and resets it."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(5)
        self.target = f"tcp://127.0.0.1:{self.socket.getsockname()[1]}"

    def forget(self, read):
        connection, _ = self.socket.accept()
        got = b""
        while len(got) < read:
            got += connection.recv(read - len(got))
        return connection, got

    @staticmethod
    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def take_all(self):
        connection, _ = self.socket.accept()
        got = b""
        with connection:
            while part := connection.recv(65536):
                got += part
        return got

    def close(self):
        self.socket.close()


def lose_one(start, tmp_path, *words):
    """A run of which the first connection is lost with much on the way; what each connection took."""
    there = Forgetful()
    record = tmp_path / "run.json"
    sending = start(
        "load", "--to", there.target, "--rate", "max", "--count", "20000", "--report", record, "--send-buffer", "64KiB",
        *words,
    )
    connection, first = there.forget(10_000)
    there.reset(connection)
    second = there.take_all()
    there.close()
    ended = sending.wait().expect(3)  # a connection was lost, and that is told
    return ended, record, [first, second]


def test_what_was_not_acknowledged_comes_again_and_nothing_is_uncertain(run, start, tmp_path):
    ended, record, (first, second) = lose_one(start, tmp_path, "--resend-unacked")
    books = Report(record).books()
    assert (books["due"], books["written"], books["dropped"], books["uncertain"]) == (20_000, 20_000, 0, 0)
    assert books["resent"] > 0 and books["cut"] == 0
    assert f"{books['resent']:,} resent: a lost connection had not acknowledged them" in ended.err
    # What the second connection took begins with a whole message, and goes on to the end in order.
    lines = run("render", "--run", record).expect(0).out.encode().splitlines(keepends=True)
    assert second == b"".join(lines[-books["drained"]:])
    # Everything came but what its kernel had acknowledged and nobody read.
    stored = tmp_path / "received.log"
    whole = first[: first.rfind(b"\n") + 1]
    stored.write_bytes(whole + second)
    twice = sum(n - 1 for n in collections.Counter((whole + second).splitlines()).values())
    verdict = run("verify", "--run", record, "--received", stored, "--format", "json").json["received"]
    assert verdict["duplicated"] + verdict["invented"] + verdict["altered"] == 0
    assert verdict["missing"] <= books["acknowledged"]
    assert verdict["resent_received"] == twice <= books["resent"]


def test_a_copy_of_what_was_resent_is_no_difference_and_another_copy_is(run, start, tmp_path):
    _, record, _ = lose_one(start, tmp_path, "--resend-unacked")
    lines = run("render", "--run", record).expect(0).out.encode().splitlines(keepends=True)
    lane, = Report(record).record["lanes"]
    again = lane["resent"][0]["first"]
    stored = tmp_path / "received.log"
    # Close by, and from so far away that the window has forgotten it.
    for copy_at in (again + 1, len(lines)):
        stored.write_bytes(b"".join([*lines[:copy_at], lines[again], *lines[copy_at:]]))
        ended = run("verify", "--run", record, "--received", stored, "--window", "1000").expect(0)
        assert "1 line came again, of messages that were resent: no difference" in ended.out
        stored.write_bytes(b"".join([*lines[:copy_at], lines[-1], *lines[copy_at:]]))
        run("verify", "--run", record, "--received", stored, "--window", "1000").expect(6)


def test_more_copies_than_were_written_again_are_a_difference(run, start, tmp_path):
    _, record, _ = lose_one(start, tmp_path, "--resend-unacked")
    lines = run("render", "--run", record).expect(0).out.encode().splitlines(keepends=True)
    resent = Report(record).books()["resent"]
    lane, = Report(record).record["lanes"]
    again = lane["resent"][0]["first"]
    stored = tmp_path / "received.log"
    stored.write_bytes(b"".join([*lines[:again], *[lines[again]] * (resent + 3), *lines[again:]]))
    ended = run("verify", "--run", record, "--received", stored).expect(6)
    assert "messages that were resent" in ended.out and f"{resent:,} copies at most" in ended.out
    verdict = run("verify", "--run", record, "--received", stored, "--format", "json").expect(6).json["received"]
    assert (verdict["duplicated"], verdict["resent_received"], verdict["missing"]) == (3, resent, 0)


def test_without_it_nothing_is_sent_twice(start, tmp_path):
    _, record, (first, second) = lose_one(start, tmp_path)
    books = Report(record).books()
    assert books["resent"] == 0 and books["uncertain"] > 0
    assert not set(first.splitlines()) & set(second.splitlines())


def test_it_is_for_receivers_that_acknowledge(run):
    ended = run("load", "--count", "1", "--to", "null:", "--resend-unacked").expect(2)
    assert ended.err == (
        "error: --resend-unacked is given, but no target acknowledges anything\n"
        "hint: write --to tcp://host:514 or tls://host:6514, or leave the option out\n"
    )
