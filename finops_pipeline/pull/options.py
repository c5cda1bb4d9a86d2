"""What must be known to ask a system: addresses, identity, pace. Secrets are `SecretStr` and are never shown.

Every field may stay empty, so that a part can come from the environment and a part from a file; what a system still
lacks is said by `missing` when it is to be asked. Docs: docs/sources/live-pull.md names every setting.
"""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

_LOCAL = {"127.0.0.1", "localhost", "::1"}
_CONFIG = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _safe(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ValueError("an address begins with https://, because secrets are sent to it")
    return address.rstrip("/")


Address = Annotated[str, AfterValidator(_safe)]


class QuickBooksPull(BaseModel):
    """How QuickBooks Online is asked, for one company (realm)."""

    model_config = _CONFIG

    realm: str | None = Field(None, pattern=r"^[0-9]+$", description="The company's id, `realmId`")
    client_id: str | None = Field(None, description="Of the app in the developer portal")
    client_secret: SecretStr | None = Field(None, description="Of the same app")
    refresh_token: SecretStr | None = Field(None, description="From signing in once; later ones are kept here")
    url: Address = "https://quickbooks.api.intuit.com"
    token_url: Address = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
    minor_version: int = Field(75, ge=1, description="Version of the interface's fields")
    page_size: int = Field(1000, ge=2, le=1000, description="Objects in an answer")
    overlap_minutes: int = Field(60, ge=1, description="How far before the last pull it is asked for again")
    entities: tuple[str, ...] = Field(
        (), description="Only these entities, by the names of their folders; all when empty"
    )

    def missing(self) -> list[str]:
        """The settings without which nothing can be asked."""
        return [name for name in ("realm", "client_id", "client_secret", "refresh_token") if not getattr(self, name)]


class NetSuitePull(BaseModel):
    """How NetSuite is asked, for one account."""

    model_config = _CONFIG

    account: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]+$", description="Account id, such as 1234567_SB1")
    client_id: str | None = Field(None, description="Of the integration record")
    certificate_id: str | None = Field(None, description="Of the certificate in the OAuth 2.0 client credentials setup")
    private_key: SecretStr | None = Field(None, description="The certificate's private key, PEM")
    private_key_file: Path | None = Field(None, description="File with it, where it is not given itself")
    url: Address | None = Field(None, description="Where requests go; derived from the account when empty")
    page_size: int = Field(1000, ge=1, le=1000, description="Rows in an answer")
    overlap_minutes: int = Field(120, ge=1, description="How far before the last change pulled it is asked for again")
    line_changes: bool = Field(default=True, description="Whether lines are looked through for changes of their own")
    tables: tuple[str, ...] = Field((), description="Only these tables; all when empty")
    without: tuple[str, ...] = Field((), description="Columns this account does not have, as table.column")

    def missing(self) -> list[str]:
        """The settings without which nothing can be asked."""
        lacking = [name for name in ("account", "client_id", "certificate_id") if not getattr(self, name)]
        return lacking if self.private_key or self.private_key_file else [*lacking, "private_key or private_key_file"]

    @property
    def base(self) -> str:
        """The address of the account: ids are in lower case there, with a hyphen before what follows the number."""
        host = (self.account or "").lower().replace("_", "-")
        return self.url or f"https://{host}.suitetalk.api.netsuite.com"


class PullOptions(BaseModel):
    """What is pulled, and how patiently. A system of which nothing is set is not pulled from."""

    model_config = _CONFIG

    quickbooks: QuickBooksPull = Field(default_factory=QuickBooksPull)
    netsuite: NetSuitePull = Field(default_factory=NetSuitePull)
    attempts: int = Field(8, ge=1, description="How often a request is tried that fails for the moment")
    longest_wait: float = Field(300, gt=0, description="Seconds waited at most between two tries")
    schedule: str = Field("30 0 * * *", description="When Dagster pulls (cron, UTC): before the nightly close")

    @property
    def configured(self) -> tuple[str, ...]:
        """The systems of which something is set."""
        return tuple(name for name in ("quickbooks", "netsuite") if getattr(self, name).model_fields_set)
