"""Texts and keyboards for admins. `replies` has the texts for everyone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.callback_data import CANCEL, USE, button_data
from bot.domain.reports import (
    CommandRefused,
    DownloadProgress,
    InstalledModel,
    PublishedModel,
    SwitchResult,
)
from bot.views import statistics_replies
from bot.views.replies import bar, help_, plain, shortened
from bot.views.texts import Texts
from inference import HELD_OUT, Classification, Cluster, ModelSpec, errors

# Limits on the models that a message lists. A line has about 120 characters, and a message at most 4096. Telegram also
# allows at most 100 buttons.
MAX_MODELS = 25
# Limit on the length of an error's message, as messages from libraries may be long.
MAX_REASON_CHARS = 300
# Limits on the list of the banned. Telegram is asked for each name, and the message has at most 4096 characters.
MAX_BANS = 50
MAX_BANNED_NAME_CHARS = 40
MAX_DATA_SET_CHARS = 40
# Limit on the nodes that a message lists. A line has about 100 characters.
MAX_NODES = 30

# Commands in an admin's menu, after the commands for everyone.
ADMIN_COMMANDS = ("models", "use", "pull", "rollback", "remove", "reload", "stats", "workers", "ban", "unban")


def help_for_admins(texts: Texts, spec: ModelSpec) -> str:
    """Return the help text with the admins' commands."""
    commands = [f"/{command}: {plain(texts(f'menu-{command}'))}" for command in ADMIN_COMMANDS]
    return "\n".join((help_(texts, spec), "", *commands))


def models(
    texts: Texts,
    installed: Sequence[InstalledModel],
    published: Sequence[PublishedModel],
    download: tuple[str, DownloadProgress | None] | None = None,
    news: str = "",
) -> tuple[str, InlineKeyboardMarkup]:
    """List the models, with a button to use each model that is not used everywhere yet.

    Args:
        texts: texts in the chat's language.
        installed: installed models.
        published: models that can be downloaded.
        download: name and progress of the model that is being downloaded; None for no download.
        news: result of the last action, as HTML; empty for none.
    """
    shown = installed[:MAX_MODELS]
    lines = [news, ""] if news else []
    lines += [texts("models-count", count=len(installed)), *(_model_line(texts, found) for found in shown)]
    if len(installed) > len(shown):
        lines.append(texts("models-more", count=len(installed) - len(shown)))
    if published:
        lines += ["", pull_usage(texts, published)]
    if _not_alike(shown, published):
        lines += ["", texts("models-not-alike")]
    buttons = [[_use_button(texts, found.name)] for found in shown if found.spec is not None and not found.everywhere]
    if download is not None:
        progress, stop = download_progress(texts, *download)
        lines += ["", progress]
        buttons += map(list, stop.inline_keyboard)
    return "\n".join(lines), InlineKeyboardMarkup(buttons)


def switched(texts: Texts, switch: SwitchResult, *, here: bool) -> str:
    place = "here" if here else "everywhere"
    if switch.name == switch.before:
        return texts("models-as-before", place=place, name=plain(switch.name))
    sentences = [texts("models-switched", place=place, name=plain(switch.name))]
    if switch.canary is not None:
        sentences.append(_sample_label(texts, switch.canary))
    sentences.append(texts("models-way-back", place=place, name=plain(switch.before)))
    return " ".join(sentences)


def refused(texts: Texts, error: CommandRefused) -> str:
    return texts(f"models-refused-{error.refusal}", name=shortened(error.name))


def unchanged(texts: Texts, reason: object) -> str:
    """Return in one line why a command changed nothing."""
    return texts("models-not-done", reason=_one_line(reason))


def pull_usage(texts: Texts, published: Sequence[PublishedModel]) -> str:
    """Return how to use /pull, and the models that it can download."""
    if not published:
        return texts("models-all-installed")
    return "\n".join([texts("models-pull-usage"), *(_published_line(texts, model) for model in published)])


def download_progress(texts: Texts, name: str, progress: DownloadProgress | None) -> tuple[str, InlineKeyboardMarkup]:
    """Show the progress of a download, with a button to stop it."""
    if progress is None:
        lines = [texts("models-pull-starting", name=shortened(name))]
    else:
        lines = [texts(f"models-pull-{progress.step}", name=shortened(name), subject=shortened(progress.subject))]
        if progress.done_bytes is not None and progress.total_bytes:
            size = texts("models-pull-bytes", done=progress.done_bytes / 1e6, total=progress.total_bytes / 1e6)
            lines.append(f"<code>{bar(progress.done_bytes / progress.total_bytes)}</code> {size}")
    stop = InlineKeyboardButton(texts("models-pull-stop-button"), callback_data=button_data(CANCEL, name))
    return "\n".join(lines), InlineKeyboardMarkup([[stop]])


def installed(texts: Texts, name: str, report: Iterable[str]) -> tuple[str, InlineKeyboardMarkup]:
    """Report an installed model, with a button to use it."""
    lines = [texts("models-pulled", name=plain(name)), *(f"<i>{plain(sentence)}</i>" for sentence in report)]
    return "\n".join(lines), InlineKeyboardMarkup([[_use_button(texts, name)]])


def reloaded(texts: Texts, outcomes: Iterable[tuple[str, Classification | errors.InferenceError]]) -> str:
    """Report whether each model in use works."""
    lines = []
    for name, outcome in outcomes:
        if isinstance(outcome, Classification):
            lines.append(f"{texts('models-works', name=plain(name))} {_sample_label(texts, outcome)}")
        else:
            lines.append(texts("models-broken", name=plain(name), reason=_one_line(outcome)))
    return "\n".join(lines)


def workers(texts: Texts, ready: int, wanted: int, most: int, cluster: Cluster | None = None) -> str:
    """Return how many workers are ready, and on a cluster also where.

    Args:
        texts: texts in the admin's language.
        ready: number of ready workers.
        wanted: number of workers that should be ready.
        most: largest number that an admin may choose.
        cluster: the cluster that they run on; None for this machine.
    """
    lines = [statistics_replies.ready(texts, ready, wanted), texts("admin-workers-hint", most=str(most))]
    if cluster is not None:
        lines += ["", *_nodes(texts, cluster)]
    return "\n".join(lines)


def _nodes(texts: Texts, cluster: Cluster) -> Iterator[str]:
    if cluster.connected is None:
        yield texts("health-cluster", reason=plain(cluster.fault or ""))
        return
    connected = cluster.connected
    yield texts("admin-cluster", address=connected.address, ray=connected.ray, python=connected.python)
    for node in cluster.nodes[:MAX_NODES]:
        name = f"{plain(node.name)} ({plain(node.address)})"
        if not node.checked:
            yield texts("admin-cluster-unchecked", name=name)
        elif node.fault is not None:
            yield texts("admin-cluster-fault", name=name, reason=plain(node.fault))
        else:
            yield texts("admin-cluster-node", name=name, cores=node.cores, workers=node.workers)
    if len(cluster.nodes) > MAX_NODES:
        yield texts("admin-cluster-more", count=len(cluster.nodes) - MAX_NODES)


def bans(texts: Texts, banned: Sequence[tuple[int, str]]) -> str:
    """Return how to use /ban, and who is banned.

    Args:
        texts: texts in the admin's language.
        banned: ids and names of people and chats; "" for an unknown name.
    """
    if not banned:
        return f"{texts('admin-ban-usage')}\n\n{texts('admin-banned-nobody')}"
    lines = [texts("admin-ban-usage"), "", texts("admin-banned-list")]
    for banned_id, name in banned[:MAX_BANS]:
        facts = [shortened(name, MAX_BANNED_NAME_CHARS)] if name else []
        lines.append(texts.row([*facts, f"<code>{banned_id}</code>"]))
    if len(banned) > MAX_BANS:
        lines.append(texts("admin-banned-more", count=len(banned) - MAX_BANS))
    return "\n".join(lines)


def _use_button(texts: Texts, name: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(texts("models-use-button", name=name), callback_data=button_data(USE, name))


def _published_line(texts: Texts, model: PublishedModel) -> str:
    facts = [plain(model.name), texts("models-fact-size", mb=model.size_bytes / 1e6)]
    if model.accuracy is not None:
        facts.append(_measured(texts, model.accuracy, model.measured_on))
    return f"• {texts.row(facts)}"


def _model_line(texts: Texts, found: InstalledModel) -> str:
    name, spec = f"<b>{plain(found.name)}</b>", found.spec
    if spec is None:
        return f"✗ {texts.row([name, texts('models-fact-broken')])}"
    facts = [name, texts("models-fact-labels", count=spec.classes), f"{spec.width} x {spec.height}"]
    facts.append(texts("models-fact-size", mb=found.size_bytes / 1e6))
    if spec.accuracy is not None:
        facts.append(_measured(texts, spec.accuracy, spec.measured_on))
    if found.everywhere:
        facts.append(texts("models-fact-everywhere"))
    if found.chats:
        facts.append(texts("models-fact-chats", count=found.chats))
    return f"{'✓' if found.everywhere else '•'} {texts.row(facts)}"


def _measured(texts: Texts, accuracy: float, measured_on: str | None) -> str:
    """Return a measured accuracy, and on what it was measured."""
    if measured_on == HELD_OUT:
        return texts("models-fact-accuracy-own", share=accuracy)
    if measured_on is None:
        return texts("models-fact-accuracy-unknown", share=accuracy)
    return texts("models-fact-accuracy", share=accuracy, images=shortened(measured_on, MAX_DATA_SET_CHARS))


def _not_alike(installed: Sequence[InstalledModel], published: Sequence[PublishedModel]) -> bool:
    """Return whether accuracies are listed that were measured on different images."""
    specs: list[ModelSpec | PublishedModel] = [found.spec for found in installed if found.spec is not None]
    measured = [each.measured_on for each in (*specs, *published) if each.accuracy is not None]
    # Each model has its own held-out images, and nobody knows whether unknown images are the same.
    return len(set(measured)) > 1 or (len(measured) > 1 and measured[0] in (HELD_OUT, None))


def _sample_label(texts: Texts, classification: Classification) -> str:
    best = classification.predictions[0]
    return texts("models-seen", label=plain(best.name_in(texts.language)), score=best.score)


def _one_line(reason: object) -> str:
    return plain(" ".join(str(reason).split())[:MAX_REASON_CHARS])
