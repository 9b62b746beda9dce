"""The benchmarks measure what they say, and notice when a figure means nothing."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import ROOT, measurements
from benchmarks.api import Peer as ApiPeer
from benchmarks.content import Content, Format
from benchmarks.measurements import LATENCY
from benchmarks.peers import Peer
from benchmarks.running import BenchmarkError, measure
from benchmarks.sizes import QUICK

SMALL = Content("jsonl", 300)


@pytest.mark.parametrize("peer", ["pipeline", "naive", "batch_writer"])
def test_every_peer_puts_every_record_and_is_measured(peer: Peer) -> None:
    """R-A5: a figure stands for records that arrived."""
    measured = measure(peer, SMALL)

    assert measured.records == SMALL.records
    assert 0 < measured.cpu_us_per_record < 1e5
    assert measured.records_per_s > 0


def test_a_peer_that_loses_records_has_no_figures() -> None:
    """R-F3: this one rejects them all, for their notes are longer than the schema allows."""
    with pytest.raises(BenchmarkError, match="put 0 of the 100 records"):
        measure("pipeline", Content("jsonl", 100, note_bytes=50_000))


def test_what_a_peer_says_when_it_fails_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A16: and that is no traceback of the benchmark's own."""
    monkeypatch.setattr("benchmarks.running.CREDENTIALS", {})

    with pytest.raises(BenchmarkError, match="NoRegionError"):
        measure("naive", SMALL)


def test_answers_that_come_late_take_their_time() -> None:
    """R-A14: at 5 ms, one after the other, nobody puts more than 200 items a second."""
    assert measure("naive", Content("jsonl", 100), latency=LATENCY).records_per_s < 200


def test_memory_is_that_of_the_peer_and_not_of_who_started_it() -> None:
    """R-A4: Linux lets a process inherit the peak of its parent, whose memory is another story."""
    program = (
        "from benchmarks.content import Content; from benchmarks.running import measure;"
        "filled = bytearray(400 * 1024 * 1024);"
        "print(measure('pipeline', Content('jsonl', 300)).rss_mb)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert 20 < float(done.stdout) < 200


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_any_range_of_an_object_is_a_range_of_the_whole(form: Format) -> None:
    """R-A3: the large files are made as they are read."""
    content = Content(form, 300)
    whole = b"".join(content.read(0, content.size))

    assert len(whole) == content.size
    for start in range(0, content.size, 977):
        assert b"".join(content.read(start, start + 1500)) == whole[start : start + 1500]


def test_the_memory_of_every_format_is_in_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A4: for a small and a large object each."""
    monkeypatch.setattr(measurements, "SMALLER_MB", 1)
    monkeypatch.setattr(measurements, "LARGER_MB", 4)

    found = dict(measurements._memory(QUICK))

    assert set(found) == {"jsonl", "json", "csv"}
    assert all(set(each) == {"rss_mb_10mb", "rss_mb_1gb"} for each in found.values())


class _Answers(BaseHTTPRequestHandler):
    """Takes records, and knows none."""

    protocol_version = "HTTP/1.1"
    known = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(202)

    def do_GET(self) -> None:
        self._answer(200 if self.known else 404)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as made:
        threading.Thread(target=made.serve_forever).start()
        yield made
        made.shutdown()


def test_requests_are_measured_when_each_has_the_answer_that_it_should(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-C3: a figure stands for right answers."""
    address = f"http://127.0.0.1:{server.server_port}"
    peer = ApiPeer("test", address, lambda asked: asked, lambda key: f"/{key}", lambda _: None)
    with pytest.raises(BenchmarkError, match="was answered with 404, not 200"):
        peer.measure(5, 5)

    monkeypatch.setattr(_Answers, "known", True)
    found = peer.measure(5, 5)

    assert found.keys() == {
        f"{verb}_{what}" for verb in ("get", "post") for what in ("p50_ms", "p99_ms", "per_s")
    }
    assert 0 < found["get_p50_ms"] <= found["get_p99_ms"]
