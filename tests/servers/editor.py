"""The YAML language server that editors run, and the little of an editor that asks it."""

import json
import subprocess
import threading
from pathlib import Path
from typing import Any, BinaryIO

from tests.servers.processes import installed_node, servers_folder

PATIENCE = 60.0
Json = dict[str, Any]


class YamlEditor:
    """An editor in which YAML files are open. A `|` in a text is where the cursor stands."""

    def __init__(self) -> None:
        node = installed_node("yaml", "YAML language server")
        modules = servers_folder() / "yaml" / "node_modules"
        program = modules / "yaml-language-server" / "bin" / "yaml-language-server"
        self._process = subprocess.Popen(
            [str(node), str(program), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: BinaryIO = self._process.stdin  # type: ignore[assignment]  # opened as bytes
        self._out: BinaryIO = self._process.stdout  # type: ignore[assignment]  # opened as bytes
        self._asked = self._opened = 0
        self._found: dict[str, list[Json]] = {}
        self._request("initialize", processId=None, rootUri=None, capabilities=_CAPABILITIES)
        self._send(method="initialized", params={})

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._in.close()
        self._out.close()

    def problems(self, file: Path, text: str) -> list[str]:
        """What the editor underlines, each with its line from 1."""
        uri = self._open(file, text)
        with self._patience():
            while uri not in self._found:
                self._take(self._receive())
        found = self._found[uri]
        return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in found]

    def completions(self, file: Path, text: str) -> dict[str, Json]:
        """What the editor offers at the cursor, by its label."""
        offered = self._at_cursor("textDocument/completion", file, text)
        items = offered["items"] if isinstance(offered, dict) else offered
        return {item["label"]: item for item in items}

    def hover(self, file: Path, text: str) -> str:
        """What the editor explains under the cursor."""
        shown = self._at_cursor("textDocument/hover", file, text)
        return "" if shown is None else str(shown["contents"]["value"])

    def _at_cursor(self, method: str, file: Path, text: str) -> Any:
        before, mark, after = text.partition("|")
        assert mark, "no cursor in the text"
        uri = self._open(file, before + after)
        line = before.count("\n")
        place = {"line": line, "character": len(before) - before.rfind("\n") - 1}
        return self._request(method, textDocument={"uri": uri}, position=place)

    def _open(self, file: Path, text: str) -> str:
        # A name of its own in the same folder: nothing said of an older text can be meant.
        self._opened += 1
        uri = file.with_name(f"{self._opened}-{file.name}").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        return uri

    def _request(self, method: str, **params: Any) -> Any:
        self._asked += 1
        self._send(id=self._asked, method=method, params=params)
        with self._patience():
            while True:
                message = self._receive()
                if message.get("id") == self._asked and "method" not in message:
                    assert "error" not in message, message
                    return message["result"]
                self._take(message)

    def _take(self, message: Json) -> None:
        """What the server says unasked: diagnostics, and questions of its own."""
        params = message.get("params") or {}
        if message.get("method") == "textDocument/publishDiagnostics":
            self._found[params["uri"]] = params["diagnostics"]
        elif "id" in message:
            asks = message["method"] == "workspace/configuration"
            self._send(id=message["id"], result=[{} for _ in params["items"]] if asks else None)

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._in.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._in.flush()

    def _receive(self) -> Json:
        length = 0
        while header := self._out.readline().strip():
            if header.lower().startswith(b"content-length:"):
                length = int(header.partition(b":")[2])
        body = self._out.read(length)
        assert body, "the YAML language server ended, or was late"
        message = json.loads(body)
        assert isinstance(message, dict)
        return message

    def _patience(self) -> "_Patience":
        return _Patience(self._process)


class _Patience:
    """Ends a server that is late, so that nobody waits for it for ever."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._timer = threading.Timer(PATIENCE, process.kill)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


_CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "publishDiagnostics": {},
        "hover": {"contentFormat": ["markdown"]},
        "completion": {
            "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}
        },
    },
}
