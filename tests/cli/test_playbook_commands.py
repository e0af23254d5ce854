"""explain and schema: formats, exit codes, and what is said of input that is none."""

from __future__ import annotations

import json

import pytest

from remit.playbook import json_schema

EVENT = {
    "id": "1",
    "kind": "conversation.comment",
    "platform": "sandbox",
    "time": "2027-03-01T23:10:00+07:00",
    "under": "campaign",
    "text": "balikin duitnya dong",
}


@pytest.fixture
def event(tmp_path):
    path = tmp_path / "event.json"
    path.write_text(json.dumps(EVENT))
    return path


def test_an_event_is_explained_for_people(remit, kopi, event):
    done = remit("explain", kopi, event)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Community Manager (cm) owns it, by rule refund." in done.stdout
    assert "topic: safety" in done.stdout


def test_an_event_is_explained_for_machines_also_from_standard_input(remit, kopi, event):
    done = remit("explain", kopi, event, "--format", "json")
    said = json.loads(done.stdout)
    assert (said["rule"], said["owner"], said["topics"]) == ("refund", "cm", ["refund"])
    assert said["trace"][-1] == {"rule": "refund", "matched": True, "failed": None}
    assert all(each["failed"] for each in said["trace"][:-1])
    assert {"severity", "play", "due", "escalation", "approval", "hold"} <= set(said)
    typed = remit("explain", kopi, "-", "--format", "json", typed=event.read_text())
    assert typed.stdout == done.stdout


def test_the_schema_is_printed(remit):
    done = remit("schema")
    assert done.returncode == 0
    assert json.loads(done.stdout) == json_schema()


@pytest.mark.parametrize("command", ["check", "explain", "deploy", "up"])
def test_a_path_that_is_not_there_is_named(remit, command, event, tmp_path):
    words = [command, tmp_path / "nowhere", *([event] if command == "explain" else [])]
    done = remit(*words)
    assert done.returncode == 2
    assert f"{tmp_path / 'nowhere'}" in done.stderr
    assert "Traceback" not in done.stderr


BAD_PLAYBOOKS = {
    "not YAML": b"roles: [unclosed\n  x: {",
    "a binary": bytes(range(256)),
    "a list": b"- one\n- two\n",
    "empty": b"",
    "a tab": b"remit: 1\n\tbrand: x\n",
    "a tag": b"remit: !!python/object/apply:os.system ['true']\n",
}


@pytest.mark.parametrize("what", BAD_PLAYBOOKS)
def test_what_is_no_playbook_is_a_finding_and_no_traceback(remit, tmp_path, what):
    path = tmp_path / "playbook.yaml"
    path.write_bytes(BAD_PLAYBOOKS[what])
    done = remit("check", path)
    assert done.returncode == 1, done.stderr
    assert "PB001" in done.stdout
    assert "Traceback" not in done.stderr
    for command in (["explain", path, "-"], ["deploy", path]):
        done = remit(*command, typed=json.dumps(EVENT))
        assert done.returncode == 2
        assert "PB001" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_folder_without_a_playbook_says_what_is_missing(remit, tmp_path):
    (tmp_path / "empty").mkdir()
    done = remit("check", tmp_path / "empty")
    assert done.returncode in {1, 2}
    assert "playbook.yaml" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


BAD_EVENTS = {
    "not JSON": ("{", "event"),
    "a list": ("[]", "event"),
    "a NaN": (json.dumps(EVENT | {"value": float("nan")}), "value"),
    "a NaN as text": (json.dumps(EVENT | {"value": "NaN"}), "value"),
    "an infinity": (json.dumps(EVENT | {"sentiment": "Infinity"}), "sentiment"),
    "a time without a zone": (json.dumps(EVENT | {"time": "2027-03-01T10:00"}), "time"),
    "an unknown key": (json.dumps(EVENT | {"sentimen": 1}), "sentimen"),
    "nothing but an id": ('{"id": "1"}', "kind"),
    "too many digits": (json.dumps(EVENT | {"value": "1" * 40}), "value"),
}


@pytest.mark.parametrize("what", BAD_EVENTS)
def test_what_is_no_event_is_refused_with_the_name_of_its_field(refused, kopi, tmp_path, what):
    text, named = BAD_EVENTS[what]
    path = tmp_path / "event.json"
    path.write_text(text)
    said = refused("explain", kopi, path)
    assert said.startswith(f"remit: {path} is not an event:")
    assert named in said


def test_an_event_that_is_a_folder_or_no_text_is_refused(refused, kopi, tmp_path):
    assert f"{tmp_path} cannot be read" in refused("explain", kopi, tmp_path)
    binary = tmp_path / "event.json"
    binary.write_bytes(bytes(range(128, 256)))
    assert f"{binary} cannot be read" in refused("explain", kopi, binary)
