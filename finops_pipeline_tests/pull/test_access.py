"""OAuth 2.0: rotating refresh tokens, signed assertions, and secrets that are told to nobody else."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from finops_pipeline.errors import ConfigurationError, SourceError
from finops_pipeline.pull.access import NetSuiteAccess
from finops_pipeline.pull.kept import RefreshToken, alone
from finops_pipeline.pull.options import NetSuitePull, PullOptions, QuickBooksPull
from finops_pipeline.pull.web import Client, Patience
from finops_pipeline_tests.pull import netsuite, quickbooks
from finops_pipeline_tests.pull.companies import NetSuiteCompany, QuickBooksCompany
from finops_pipeline_tests.pull.web import Reply


def kept(company: QuickBooksCompany) -> Path:
    return company.folder / f"quickbooks-{quickbooks.REALM}.token.json"


def test_the_token_that_follows_is_kept_for_the_owner_alone_and_used_the_next_time(company: QuickBooksCompany) -> None:
    company.asked("item")
    assert stat.S_IMODE(kept(company).stat().st_mode) == 0o600
    assert json.loads(kept(company).read_text())["token"] == "refresh-1-do-not-tell"
    assert quickbooks.FIRST_TOKEN not in kept(company).read_text()
    company.asked("item")
    assert company.server.renewals == 2, "the kept one went before the one of the settings, which is used up"


def test_a_token_that_the_settings_have_got_since_goes_before_the_kept_one(company: QuickBooksCompany) -> None:
    company.asked("item")
    company.server.refresh_token = company.quickbooks["refresh_token"] = "signed-in-again"
    company.asked("item")
    assert company.server.renewals == 2


def test_a_token_is_kept_before_the_access_that_came_with_it_is_used(company: QuickBooksCompany) -> None:
    company.server.faults["/query"] = [Reply.page(403)]
    with pytest.raises(SourceError):
        company.asked("item")
    assert json.loads(kept(company).read_text())["token"] == company.server.refresh_token


def test_a_system_that_brings_no_other_token_leaves_the_one_there_is(
    company: QuickBooksCompany, tmp_path: Path
) -> None:
    company.server.access_token = "same"
    company.server.faults["/bearer"] = [Reply.json({"access_token": "same"})]
    company.asked("item")
    assert RefreshToken(kept(company), quickbooks.FIRST_TOKEN).current() == quickbooks.FIRST_TOKEN


def test_an_access_that_ends_in_the_middle_is_renewed_and_the_pages_go_on(company: QuickBooksCompany) -> None:
    company.server.save("Item", *({"Id": str(n)} for n in range(6)))
    company.quickbooks["page_size"] = 3
    company.server.meanwhile[3] = lambda: setattr(company.server, "access_token", "another")
    assert [row["Id"] for row in company.asked("item")] == list("012345")
    assert company.server.renewals == 2
    assert company.waits == []


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("client_secret", "wrong", r"invalid_client.*client_id and client_secret"),
        ("refresh_token", "old", r"invalid_grant.*sign in again and set FINOPS_PULL__QUICKBOOKS__REFRESH_TOKEN"),
    ],
)
def test_credentials_that_are_refused_are_named_and_not_shown(
    company: QuickBooksCompany, setting: str, value: str, said: str
) -> None:
    company.quickbooks[setting] = value
    with pytest.raises(ConfigurationError, match=said) as error:
        company.asked("item")
    assert quickbooks.SECRET not in str(error.value)
    assert not kept(company).exists()


def test_a_token_endpoint_that_says_something_else_is_an_error_of_its_own(company: QuickBooksCompany) -> None:
    for reply in (Reply.page(404), Reply.json({"error": "access_denied"}, 403), Reply.json([], 200)):
        company.server.faults["/bearer"] = [reply]
        with pytest.raises(SourceError, match="QuickBooks grants no access: HTTP"):
            company.asked("item")


def test_access_that_is_granted_and_refused_again_is_not_asked_for_forever(company: QuickBooksCompany) -> None:
    company.server.faults["/query"] = [quickbooks.fault(401, "AUTHENTICATION", "3200", "Failed", "")] * 2
    with pytest.raises(ConfigurationError, match="refuses the access it has granted: error 3200"):
        company.asked("item")


def test_two_pulls_at_once_would_use_up_each_others_tokens(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(Exception, match="another pull is at work"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


# -- NetSuite --------------------------------------------------------------------------------------------------------------


def test_an_assertion_is_signed_and_says_what_netsuite_asks_for(account: NetSuiteCompany) -> None:
    account.asked("currency")
    assert account.server.tokens == 1
    account.server.token = "another"
    assert account.asked("currency") == []
    assert account.server.tokens == 2


def test_a_key_may_lie_in_a_file(account: NetSuiteCompany, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(account.netsuite.pop("private_key"))
    account.netsuite["private_key_file"] = file
    account.asked("currency")
    file.unlink()
    with pytest.raises(ConfigurationError, match="private_key_file cannot be read: No such file"):
        account.asked("currency")


def pem(key: object) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    ("curve", "algorithm"), [(ec.SECP256R1(), "ES256"), (ec.SECP384R1(), "ES384"), (ec.SECP521R1(), "ES512")]
)
def test_a_key_of_a_curve_signs_by_its_curve(account: NetSuiteCompany, curve: object, algorithm: str) -> None:
    key = ec.generate_private_key(curve)
    account.netsuite["private_key"] = pem(key)
    account.server.faults["/token"] = [Reply.json({"error": "invalid_grant"}, 400)]
    with pytest.raises(ConfigurationError, match=r"invalid_grant.*certificate"):
        account.asked("currency")
    assertion = account.server.asked[-1].form["client_assertion"]
    assert jwt.get_unverified_header(assertion)["alg"] == algorithm
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(assertion, key.public_key(), [algorithm], options, audience=account.server.url + netsuite.TOKEN)
    assert claims["exp"] - claims["iat"] == timedelta(minutes=5).seconds


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("no key at all", "no private key in PEM"),
        (netsuite.KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode(), "PEM"),
        (pem(ec.generate_private_key(ec.SECP256K1())), "neither RSA nor of a curve"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "neither RSA nor of a curve"),
    ],
)
def test_a_key_that_cannot_sign_is_told_without_a_word_of_it(account: NetSuiteCompany, key: str, said: str) -> None:
    account.netsuite["private_key"] = key
    with pytest.raises(ConfigurationError, match=said) as error:
        account.asked("currency")
    assert key.splitlines()[-1] not in str(error.value)
    assert error.value.__suppress_context__ or error.value.__cause__ is None


def test_the_address_of_an_account_comes_from_its_id() -> None:
    assert NetSuitePull(account="1234567_SB1").base == "https://1234567-sb1.suitetalk.api.netsuite.com"
    access = NetSuiteAccess(NetSuitePull(account="77"), Client("", Patience()), lambda: None)
    assert access._url == "https://77.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"


# -- settings --------------------------------------------------------------------------------------------------------------


def test_secrets_show_in_nothing_that_is_printed(company: QuickBooksCompany, account: NetSuiteCompany) -> None:
    options = PullOptions(quickbooks=company.options.quickbooks, netsuite=account.options.netsuite)
    for shown in (repr(options), str(options), options.model_dump_json(), str(options.model_dump())):
        for secret in (quickbooks.SECRET, quickbooks.FIRST_TOKEN, "BEGIN PRIVATE KEY"):
            assert secret not in shown


@pytest.mark.parametrize("address", ["http://quickbooks.api.intuit.com", "ftp://127.0.0.1", "quickbooks"])
def test_secrets_are_sent_nowhere_in_the_open(address: str) -> None:
    with pytest.raises(ValidationError, match="begins with https://") as error:
        QuickBooksPull(url=address, client_secret=quickbooks.SECRET)
    assert quickbooks.SECRET not in str(error.value)


def test_what_is_missing_is_named(company: QuickBooksCompany, account: NetSuiteCompany) -> None:
    company.quickbooks = {"realm": "1"}
    with pytest.raises(
        ConfigurationError, match=r"without pull\.quickbooks\.client_id, .*client_secret, .*refresh_token"
    ):
        company.asked("item")
    account.netsuite = {"account": "1"}
    with pytest.raises(ConfigurationError, match=r"certificate_id, pull\.netsuite\.private_key or private_key_file"):
        account.asked("currency")
