"""Says which proxies the bot uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Findings, failed, ok

if TYPE_CHECKING:
    from bot.config import Settings

# An address from which models are downloaded.
MODELS = "https://storage.googleapis.com/"


def check_proxy(settings: Settings) -> Findings:
    """Report the proxies of Telegram and of models; passwords are left out."""
    from inference.system.proxy import UnusableProxy, environment_proxy

    told, used = [], False
    for what, url in (("Telegram", settings.api_url), ("models", MODELS)):
        try:
            proxy = environment_proxy(url)
        except UnusableProxy as error:
            yield failed("proxy", f"{what}: {error}", "an HTTP proxy is needed; NO_PROXY names hosts without a proxy")
            return
        used = used or proxy is not None
        told.append(f"{what} {'directly' if proxy is None else f'through {proxy.address} ({proxy.variable})'}")
    detail = ", ".join((*told, "links to images directly"))
    yield ok("proxy", detail if used else "none is used")
