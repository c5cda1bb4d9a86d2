"""OAuth 2.0: how QuickBooks Online and NetSuite hand out access tokens.

QuickBooks: a refresh token from signing in once. Each renewal may bring another one, and the old one dies a day later.
NetSuite: client credentials, proven by a token that the certificate's private key signs.
Sources: Intuit's "OAuth 2.0" guide; NetSuite's help, "OAuth 2.0 Client Credentials Flow".
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from finops_pipeline.errors import ConfigurationError, SourceError
from finops_pipeline.pull.kept import RefreshToken
from finops_pipeline.pull.options import NetSuitePull, QuickBooksPull
from finops_pipeline.pull.web import Access, Answer, Client

_ASSERTION_LIFE = timedelta(minutes=5)
"""NetSuite takes no assertion that lives an hour."""
_BY_CURVE = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class QuickBooksAccess(Access):
    """Access by refresh token."""

    def __init__(self, options: QuickBooksPull, kept: RefreshToken, client: Client) -> None:
        super().__init__(client)
        self._options = options
        self._kept = kept

    def renew(self) -> None:
        """Trade the refresh token for access. Raises: ConfigurationError when it is no longer valid."""
        secret = self._options.client_secret.get_secret_value() if self._options.client_secret else ""
        answer = self._client.ask(
            "POST", self._options.token_url, auth=(self._options.client_id or "", secret),
            headers={"Accept": "application/json"},
            data={"grant_type": "refresh_token", "refresh_token": self._kept.current()},
        )  # fmt: skip
        told = _granted("QuickBooks", answer, {
            "invalid_grant": "the refresh token is not valid (any more): sign in again and set "
                             "FINOPS_PULL__QUICKBOOKS__REFRESH_TOKEN",
            "invalid_client": "client_id and client_secret do not belong together",
        })  # fmt: skip
        self._kept.follow(told.get("refresh_token") or self._kept.current())
        self._token = told["access_token"]


class NetSuiteAccess(Access):
    """Access by a signed assertion."""

    def __init__(self, options: NetSuitePull, client: Client, now: Callable[[], datetime]) -> None:
        super().__init__(client)
        self._options = options
        self._now = now
        self._url = f"{options.base}/services/rest/auth/oauth2/v1/token"

    def renew(self) -> None:
        """Trade a signed assertion for access. Raises: ConfigurationError when it is refused."""
        answer = self._client.ask(
            "POST", self._url, headers={"Accept": "application/json"},
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": self._assertion(),
            },
        )  # fmt: skip
        told = _granted("NetSuite", answer, {
            "invalid_grant": "the certificate, its private key or the clock is not what NetSuite expects",
            "invalid_client": "client_id or certificate_id is not known there",
            "invalid_request": "client_id, certificate_id or the private key is not what NetSuite expects",
        })  # fmt: skip
        self._token = told["access_token"]

    def _assertion(self) -> str:
        key = self._private_key()
        issued = self._now()
        claims = {
            "iss": self._options.client_id,
            "scope": "rest_webservices",
            "aud": self._url,
            "iat": int(issued.timestamp()),
            "exp": int((issued + _ASSERTION_LIFE).timestamp()),
        }
        headers = {"typ": "JWT", "kid": self._options.certificate_id}
        return jwt.encode(claims, key, algorithm=_algorithm(key), headers=headers)

    def _private_key(self) -> Any:
        """The key of the settings. Raises: ConfigurationError, without a word of the key."""
        file, given = self._options.private_key_file, self._options.private_key
        try:
            pem = given.get_secret_value().encode() if given else file.read_bytes() if file else b""
            return load_pem_private_key(pem, password=None)
        except OSError as error:
            raise ConfigurationError(f"pull.netsuite.private_key_file cannot be read: {error.strerror}") from None
        except (ValueError, TypeError):
            raise ConfigurationError("pull.netsuite.private_key is no private key in PEM without a password") from None


def _algorithm(key: Any) -> str:
    if isinstance(key, RSAPrivateKey):
        return "PS256"
    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _BY_CURVE:
        return _BY_CURVE[key.curve.name]
    raise ConfigurationError("pull.netsuite.private_key is neither RSA nor of a curve NetSuite takes (P-256, 384, 521)")


def _granted(system: str, answer: Answer, meanings: dict[str, str]) -> dict[str, str]:
    """What a token endpoint grants. Raises: ConfigurationError for credentials it refuses, SourceError for the rest.

    Only the error's code is repeated: a body may repeat what was sent.
    """
    told = answer.body if isinstance(answer.body, dict) else {}
    if answer.is_good and told.get("access_token"):
        return told
    code = str(told.get("error", "no reason given"))
    if code in meanings:
        raise ConfigurationError(f"{system} grants no access ({code}): {meanings[code]}")
    raise SourceError(f"{system} grants no access: HTTP {answer.status}, {code[:60]}")
