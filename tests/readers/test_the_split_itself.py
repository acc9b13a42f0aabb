"""What the lines say is what the plan says, by the splitting of forms.py: the measure for all readers."""
import datetime

from tests.readers import forms

MADE_OF_NOTHING = ("", "-")


def as_written(text, message):
    """LEEF defines no escaping: the delimiter in use becomes a space."""
    return text.replace(message.delimiter, " ") if message.form.startswith("leef") else text


def forms_of(user):
    """All that DOMAIN\\name may be written as; both parts may hold backslashes."""
    cuts = [i for i, character in enumerate(user) if character == "\\"]
    return {user} | {user[i + 1:] for i in cuts} | {f"{user[i + 1:]}@{user[:i]}" for i in cuts}


def is_heartbeat(line):
    return "heartbeat" in line.template or line.template.endswith(".yaml")


def written_time(due):
    return datetime.datetime.fromisoformat(due[:19]).strftime("%b %d %Y %H:%M:%S")


def test_every_line_says_the_user_address_host_and_time_of_the_plan(lines):
    seen = dict.fromkeys(("user", "address", "host", "time"), 0)
    for line in lines:
        message, due = line.meant, line.due
        if message.form == "csv" and message.columns[4] == "Heartbeat":
            assert len(message.columns) == 16, message.line
            said = {"time": message.columns[0], "host": message.columns[5], "user": message.columns[6],
                    "address": message.columns[13]}
        elif is_heartbeat(line) or {"dhost", "dst"} <= set(message.fields):
            said = {"host": message.fields["dhost"], "address": message.fields["dst"]}
            for key, name in (("duser", "user"), ("devTime", "time"), ("rt", "time")):
                if key in message.fields:
                    said[name] = message.fields[key]
            assert len(said) == 4 or not is_heartbeat(line), message.line
        else:
            continue
        for what, text in said.items():
            seen[what] += 1
            if what == "user":
                users = {as_written(user, message) for user in forms_of(due["user"])}
                assert text in (users if due["user"] else MADE_OF_NOTHING), (message.line, due)
            elif what == "time" and text.isdigit():
                moment = datetime.datetime.fromisoformat(due["due"][:19] + "+00:00")
                assert int(text) // 1000 == int(moment.timestamp()), (message.line, due)
            else:
                wanted = written_time(due["due"]) if what == "time" else as_written(due[what], message)
                assert text == wanted, (message.line, due)
    assert min(seen.values()) > 200, seen


def test_the_priority_is_local0_info_or_what_the_template_says(lines):
    own = {"rfc3164.yaml": 4 * 8 + 5, "rfc5424.yaml": 23 * 8 + 7}  # auth.notice, local7.debug
    for line in lines:
        file = line.template.rpartition("/")[2]
        assert line.meant.pri == own.get(file, 16 * 8 + 6), (line.template, line.meant.line)


def test_the_lines_hold_what_readers_stumble_over(lines):
    values = [value for line in lines for value in line.meant.fields.values()]
    for mark in ("=", "|", "\\", ",", '"', " ", "ü", "Ελένη", "𝄞"):
        assert any(mark in value for value in values), mark
    assert "" in values and "-" in values
    assert any(line.meant.line.endswith("duser=") for line in lines), "an empty value at the very end"
    assert {line.meant.form for line in lines} >= {"leef1", "leef2", "cef", "csv"}
    assert {line.meant.head for line in lines} >= {"esm", "rfc3164", "rfc5424", "esm-5424"}


def test_the_split_follows_the_escapes_of_cef():
    message = forms.split(r"CEF:0|a\|b|c\\|1|e|n|3|duser=x\=y\\ msg=one two\nthree cs1=")
    assert message.header[:3] == ["CEF:0", "a|b", "c\\"]
    assert message.fields == {"duser": "x=y\\", "msg": "one two\nthree", "cs1": ""}
