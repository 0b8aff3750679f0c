"""``outring check PATH…``, as a person runs it."""

import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.engine.process import command

VOICEXML = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml">%s</vxml>'
FINE = VOICEXML % "<form><block>Hello</block></form>"
DIFFERS = VOICEXML % '<form><block><audio src="a.vox"/></block></form>'
VOXEO = """<ccxml version="1.0" xmlns="http://www.w3.org/2002/09/ccxml">
  <eventprocessor>
    <transition event="ccxml.loaded">
      <createcall dest="'tel:+1222'" voxeo-cpa-runtime="'6000'"/>
    </transition>
    <transition event="voxeo.cpa.result"/>
  </eventprocessor>
</ccxml>
"""
TEMPLATE = '<%@ page import="a" %><vxml version="2.1"/>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a document of each kind, and what is none."""
    (tmp_path / "vxml").mkdir()
    (tmp_path / "call.ccxml").write_text(VOXEO)
    (tmp_path / "vxml/main.xml").write_text(FINE)
    (tmp_path / "vxml/sound.xml").write_text(DIFFERS)
    (tmp_path / "vxml/menu.jsp").write_text(TEMPLATE)
    (tmp_path / "notes.txt").write_text("The root is <vxml>.")
    return tmp_path


async def test_a_folder(folder: Path) -> None:
    status, out, err = await command("check", "--for", "voxeo", str(folder))

    assert (status, err) == (1, "")
    lines = out.splitlines()
    assert [line.split() for line in lines[1:5]] == [
        ["blocked", "0", "1", "1", "0", "0", "CCXML", f"{folder}/call.ccxml"],
        ["blocked", "1", "0", "0", "0", "0", "-", f"{folder}/vxml/menu.jsp"],
        ["differs", "0", "0", "1", "0", "0", "VoiceXML", f"{folder}/vxml/sound.xml"],
        ["fine", "0", "0", "0", "0", "0", "VoiceXML", f"{folder}/vxml/main.xml"],
    ]
    assert f"  {folder}/vxml/menu.jsp:1:1: Check what the server answers" in out
    at = lines.index(
        "voxeo-call-progress-event (CCXML): stands in the way, 1 place in 1 document"
    )
    assert lines[at + 1 : at + 3] == [
        f"  first {folder}/call.ccxml:6:24",
        "  Write bvr.callprogress, with amd_human, amd_machine, amd_beep or fax as type.",
    ]
    assert lines[-1] == "Documents: 4 (2 blocked, 1 differs, 1 fine)."


async def test_habits_of_another_platform_are_none(folder: Path) -> None:
    status, out, _ = await command("check", "--for", "Cisco", f"{folder}/call.ccxml")

    assert status == 0
    assert "voxeo" not in out.replace(str(folder), "")
    assert "The attribute voxeo-cpa-runtime is not part of CCXML" not in out


async def test_json(folder: Path) -> None:
    status, out, _ = await command("check", "--json", str(folder))
    found = json.loads(out)

    assert status == 1
    assert found["verdicts"] == {"blocked": 2, "differs": 1, "fine": 1}
    document = found["documents"][0]
    assert document["path"] == f"{folder}/call.ccxml"
    assert [(habit["name"], habit["line"]) for habit in document["habits"]] == [
        ("voxeo-call-progress", 4),
        ("voxeo-call-progress-event", 6),
    ]
    assert found["habits"][0]["platforms"] == ["voxeo"]


async def test_nothing_stands_in_the_way(folder: Path) -> None:
    paths = (f"{folder}/vxml/main.xml", f"{folder}/vxml/sound.xml")
    status, out, _ = await command("check", *paths)

    assert (status, out.splitlines()[-1]) == (
        0,
        "Documents: 2 (0 blocked, 1 differs, 1 fine).",
    )


async def test_two_hundred_documents(tmp_path: Path) -> None:
    for number in range(200):
        text = VOXEO if number % 4 == 0 else FINE
        (tmp_path / f"{number:03}.xml").write_text(text)
    (tmp_path / "200.xml").write_text("<vxml>" + "<a>" * 100_000)

    status, out, _ = await command("check", "--for", "voxeo", str(tmp_path))

    assert status == 1
    assert "stands in the way, 50 places in 50 documents" in out
    assert out.splitlines()[-1] == "Documents: 201 (51 blocked, 0 differs, 150 fine)."


async def test_what_a_server_answers() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=DIFFERS)

    app = web.Application()
    app.router.add_get("/menu", answer)
    async with TestServer(app) as server:
        url = str(server.make_url("menu"))
        status, out, _ = await command("check", url)

    assert status == 0
    assert out.splitlines()[1].split()[0] == "differs"
    assert out.splitlines()[1].endswith(url)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--for", "nobody", "."), "nobody is not known"),
        (("--for", "voxeo"), "Give --for with PATH"),
        (("--config", "a.toml", "."), "Give --for with PATH"),
        (("nowhere",), "There is no file or folder nowhere."),
        (("empty",), "There is no CCXML or VoiceXML document in empty."),
        (("http://127.0.0.1:1/a",), "there is no connection"),
    ],
)
async def test_wrong_use(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)

    status, out, err = await command("check", *arguments)

    assert (status, out) == (2, "")
    assert sentence in err
