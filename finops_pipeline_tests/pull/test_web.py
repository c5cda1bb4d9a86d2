"""Requests: what passes is waited for, numbers keep their digits, and nothing is followed to another address."""

from collections.abc import Iterator

import pytest

from finops_pipeline.errors import TransientError
from finops_pipeline.pull.web import Access, Answer, Client, Patience, exact
from finops_pipeline_tests.pull.web import Application, Reply, Request, Web

GOOD = Reply.json({"total": 1})
BUSY = Reply.json({}, 429)


class Given(Application):
    """Answers what it is given, in this order."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__()
        self.replies = list(replies)

    def answer(self, request: Request) -> Reply:
        return self.replies.pop(0)


class Asking:
    """A client, and the seconds it would have waited."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.waits: list[float] = []
        self.client = Client("The system", Patience(4, 30, self.waits.append))

    def __call__(self, *replies: Reply) -> Answer:
        self.web.application = Given(*replies)
        return self.client.ask("GET", f"{self.web.url}/a")


@pytest.fixture
def ask(web: Web) -> Iterator[Asking]:
    asking = Asking(web)
    yield asking
    asking.client.close()


def test_it_waits_as_long_as_it_is_asked_to(ask: Asking) -> None:
    later = {"Retry-After": "Mon, 01 Jun 2026 12:00:09 GMT", "Date": "Mon, 01 Jun 2026 12:00:00 GMT"}
    assert ask(Reply.json({}, 429, **{"Retry-After": "7"}), Reply.json({}, 503, **later), GOOD).is_good
    assert ask.waits == [7, 9], "a date counts from the server's own"


def test_it_waits_twice_as_long_each_time_where_nothing_is_said(ask: Asking) -> None:
    assert ask(
        Reply.page(500), BUSY, Reply.json({}, 502, **{"Retry-After": "Mon, 01 Jun 2026 12:00:09"}), GOOD
    ) == Answer(200, {"total": "1"})
    assert ask.waits == [1, 2, 4]


def test_a_connection_cut_in_the_middle_of_an_answer_is_tried_again(ask: Asking) -> None:
    assert ask(Reply(200, GOOD.body, GOOD.headers, cut=5), GOOD).body == {"total": "1"}
    assert ask.waits == [1]


@pytest.mark.parametrize("bad", [Reply(200, b'{"total": 1', {"Content-Type": "application/json"}), Reply.page(200)])
def test_an_answer_that_is_no_json_is_tried_again_and_then_given_up(ask: Asking, bad: Reply) -> None:
    assert ask(bad, GOOD).body == {"total": "1"}
    with pytest.raises(TransientError, match=r"The system gave no answer after 4 tries.*no JSON.*Nothing is lost"):
        ask(bad, bad, bad, bad)


def test_a_wait_beyond_all_patience_is_an_error_at_once(ask: Asking) -> None:
    with pytest.raises(TransientError, match=r"asks to wait 3600 seconds, longer than pull\.longest_wait"):
        ask(Reply.json({}, 429, **{"Retry-After": "3600"}), GOOD)
    assert ask.waits == []


def test_nobody_there_is_an_error_after_all_tries(web: Web) -> None:
    waits: list[float] = []
    client = Client("The system", Patience(3, 30, waits.append))
    with pytest.raises(TransientError, match="the connection failed"):
        client.ask("GET", "http://127.0.0.1:9/")
    assert waits == [1, 2]


@pytest.mark.parametrize(
    "reply", [Reply.page(404), Reply.page(403), Reply(302, b"", {"Location": "http://example.com"})]
)
def test_what_no_patience_helps_is_an_answer(ask: Asking, reply: Reply) -> None:
    assert ask(reply) == Answer(reply.status, None)
    assert ask.waits == []


class Passes(Access):
    """Tokens one after the other."""

    number = 0

    def renew(self) -> None:
        self.number += 1
        self._token = f"t{self.number}"


def test_an_access_that_has_ended_is_renewed_once(web: Web) -> None:
    web.application = application = Given(Reply.json({}, 401), GOOD, Reply.json({}, 401), Reply.json({}, 401))
    client = Client("The system", Patience(1), Passes(Client("Tokens", Patience(1))))
    assert client.ask("GET", web.url).is_good
    assert client.ask("GET", web.url).status == 401
    client.close()
    assert [request.headers["Authorization"] for request in application.asked] == [f"Bearer t{n}" for n in (1, 2, 2, 3)]


def test_a_password_file_of_the_machine_does_not_replace_the_access(
    web: Web, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(file))
    web.application = application = Given(GOOD)
    client = Client("The system", Patience(1), Passes(Client("Tokens", Patience(1))))
    client.ask("GET", web.url)
    client.close()
    assert application.asked[0].headers["Authorization"] == "Bearer t1"


def test_an_access_that_does_not_say_how_it_is_renewed_is_none() -> None:
    with pytest.raises(TypeError, match="renew"):
        Access(Client("Tokens", Patience(1)))


def test_numbers_keep_their_digits() -> None:
    assert exact("[90071992547409.93, 0.10, 1E-3, 12345678901234567890]") == [
        "90071992547409.93", "0.10", "0.001", "12345678901234567890",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="NaN"):
        exact("[NaN]")
