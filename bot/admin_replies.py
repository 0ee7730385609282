"""Every text and keyboard that admins see, as `replies` has those that all people see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.buttons import CANCEL, USE, button_data
from bot.replies import bar, plain
from bot.reports import Activity, Figures, InstalledModel, PublishedModel, PullProgress, Switched
from inference import Classification, errors

# Of about 120 characters each, in a message of at most 4096; Telegram also takes no more than 100 buttons.
MAX_MODELS = 25
MAX_MODELS_IN_STATISTICS = 10
# Reasons are one line, whatever a library put into them.
MAX_REASON_CHARS = 300
MAX_BANS = 100

# What an admin's menu shows after the commands of everybody.
ADMIN_COMMANDS = ("models", "use", "pull", "rollback", "remove", "reload", "stats", "workers", "ban", "unban")

WRITTEN_AS_GROUP = "I can't tell who you are while you write as the group. Please write under your own name."
OLD_BUTTON = "This button is from an earlier version of me. /models brings new ones."
BUTTON_WITHOUT_MODEL = "That model is no longer installed."
USE_USAGE = "Which one? <code>/use NAME</code>, or <code>/use NAME here</code> for this chat alone. /models lists them."
ROLLBACK_USAGE = "<code>/rollback</code>, or <code>/rollback here</code> for this chat alone."
NO_PULL = "Nothing is being pulled."
PULL_STOPPING = "I'm stopping it."
REMOVE_USAGE = "Which one? <code>/remove NAME</code>. /models lists them."
UNBAN_USAGE = "Whom? <code>/unban ID</code>. /ban lists them."
BAN_AN_ADMIN = "Admins can't be banned."


def not_an_admin(user_id: int) -> str:
    return f"Only the people who run me can do that; your id, {user_id}, is not in LABELBOT_ADMINS."


def models(
    installed: Sequence[InstalledModel], published: Sequence[PublishedModel], news: str = ""
) -> tuple[str, InlineKeyboardMarkup]:
    """List the models, with a button to switch to each that does not answer everywhere.

    Args:
        installed: all of them.
        published: those that can be pulled.
        news: what was just done, as HTML.
    """
    shown = installed[:MAX_MODELS]
    lines = [news, ""] if news else []
    lines += [f"<b>{_count(len(installed), 'model')}</b>", *map(_model_line, shown)]
    if len(installed) > len(shown):
        lines.append(f"and {len(installed) - len(shown)} more: <code>labelbot models list</code>")
    if published:
        lines += ["", pull_usage(published)]
    buttons = [[_use_button(found.name)] for found in shown if found.spec is not None and not found.everywhere]
    return "\n".join(lines), InlineKeyboardMarkup(buttons)


def trying(name: str) -> str:
    return f"I'm trying {name} ..."


def switched(switch: Switched, *, here: bool) -> str:
    place = "here" if here else "everywhere"
    if switch.name == switch.before:
        return f"<b>{plain(switch.name)}</b> answers {place}, as before."
    said = f" {_seen(switch.seen)}" if switch.seen is not None else ""
    back = "/rollback here" if here else "/rollback"
    return f"<b>{plain(switch.name)}</b> answers {place} now.{said} {back} returns to {plain(switch.before)}."


def not_done(reason: object) -> str:
    """Say in one line why a command changed nothing."""
    line = " ".join(str(reason).split())
    return f"Nothing has changed: {plain(line[:MAX_REASON_CHARS])}"


def pull_usage(published: Sequence[PublishedModel]) -> str:
    """Tell how to pull, and what there is."""
    if not published:
        return "All published models that I know are installed."
    return (
        f"To install a published one, <code>/pull NAME</code>: {', '.join(map(_published, published))}. "
        "<code>/pull NAME ADDRESS</code> takes it from a mirror."
    )


def pulling(name: str, progress: PullProgress | None) -> tuple[str, InlineKeyboardMarkup]:
    """Say how far a pull is, with a button to stop it."""
    step = "starting" if progress is None else progress.step
    lines = [f"<b>{plain(name)}</b>: {plain(step)} ..."]
    if progress is not None and progress.done_bytes is not None and progress.total_bytes:
        share = progress.done_bytes / progress.total_bytes
        lines.append(
            f"<code>{bar(share)}</code> {progress.done_bytes / 1e6:.1f} of {progress.total_bytes / 1e6:.1f} MB"
        )
    stop = InlineKeyboardButton("Stop", callback_data=button_data(CANCEL, name))
    return "\n".join(lines), InlineKeyboardMarkup([[stop]])


def pulled(name: str, report: Iterable[str]) -> tuple[str, InlineKeyboardMarkup]:
    """Say what was installed, with a button to have it answer."""
    lines = [f"<b>{plain(name)}</b> is installed.", *(f"<i>{plain(sentence)}</i>" for sentence in report)]
    return "\n".join(lines), InlineKeyboardMarkup([[_use_button(name)]])


def removed(name: str) -> str:
    return f"{plain(name)} is removed."


def reloaded(outcomes: Iterable[tuple[str, Classification | errors.InferenceError]]) -> str:
    """Say of each model that is in use whether it works."""
    lines = []
    for name, outcome in outcomes:
        if isinstance(outcome, Classification):
            lines.append(f"<b>{plain(name)}</b> works. {_seen(outcome)}")
        else:
            lines.append(f"<b>{plain(name)}</b> does not work: {plain(str(outcome)[:MAX_REASON_CHARS])}")
    return "\n".join(lines)


def stats(activity: Activity) -> str:
    """Say what the bot did, how fast, and with what."""
    lines = [
        f"<b>Up for {_duration(activity.uptime_s)}</b>",
        f"{_figures(activity.total)} · {activity.photos_per_minute} in the last minute",
        f"{_count(activity.pending, 'photo')} in hand",
        f"{_ready(activity.workers_ready, activity.workers)} · {activity.memory_bytes / 1e6:.0f} MB in all",
    ]
    models = list(activity.by_model.items())[:MAX_MODELS_IN_STATISTICS]
    lines += ["", *(f"<b>{plain(name)}</b>: {_figures(figures)}" for name, figures in models)] if models else []
    return "\n".join(lines)


def workers(ready: int, wanted: int) -> str:
    return f"{_ready(ready, wanted)}. <code>/workers 4</code> changes that until I'm restarted."


def workers_set(wanted: int) -> str:
    return f"From now on {_count(wanted, 'worker')}, until I'm restarted."


def workers_refused(most: int) -> str:
    return f"Please give me a number from 1 to {most}: beyond two a core, more of them only take memory."


def bans(ids: Iterable[int]) -> str:
    """Tell how to ban, and who is banned."""
    known = sorted(ids)
    listed = ", ".join(f"<code>{banned_id}</code>" for banned_id in known[:MAX_BANS])
    more = f" and {len(known) - MAX_BANS} more" if len(known) > MAX_BANS else ""
    return (
        "Whom? <code>/ban ID</code>, of a person or a chat, or <code>/ban</code> in reply to a message.\n"
        f"Banned: {listed or 'nobody'}{more}"
    )


def banned(banned_id: int) -> str:
    return f"From now on I ignore {banned_id}. /unban {banned_id} ends that."


def unbanned(banned_id: int, *, was_banned: bool) -> str:
    return f"I no longer ignore {banned_id}." if was_banned else f"I didn't ignore {banned_id}."


def _use_button(name: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(f"Use {name}", callback_data=button_data(USE, name))


def _published(model: PublishedModel) -> str:
    accuracy = "" if model.accuracy is None else f", {model.accuracy:.1%} right"
    return f"{plain(model.name)} ({model.size_bytes / 1e6:.0f} MB{accuracy})"


def _model_line(found: InstalledModel) -> str:
    name = f"<b>{plain(found.name)}</b>"
    if found.spec is None:
        return f"✗ {name} · broken"
    spec = found.spec
    facts = [name, f"{spec.classes} labels", f"{spec.width} x {spec.height}", f"{found.size_bytes / 1e6:.1f} MB"]
    if spec.accuracy is not None:
        facts.append(f"{spec.accuracy:.1%} right")
    if found.everywhere:
        facts.append("answers everywhere")
    if found.chats:
        facts.append(f"chosen in {_count(found.chats, 'chat')}")
    return f"{'✓' if found.everywhere else '•'} {' · '.join(facts)}"


def _seen(classification: Classification) -> str:
    best = classification.predictions[0]
    return f"It sees {plain(best.name)} ({best.score:.0%}) in the sample photo."


def _figures(figures: Figures) -> str:
    facts = [_count(figures.photos, "photo"), f"{figures.seen_before} seen before"]
    if figures.p50_ms is not None and figures.p95_ms is not None:
        facts.append(f"p50 {figures.p50_ms:.0f} ms, p95 {figures.p95_ms:.0f} ms")
    return " · ".join(facts)


def _duration(seconds: float) -> str:
    minutes = int(seconds) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _ready(ready: int, wanted: int) -> str:
    return f"{ready} of {_count(wanted, 'worker')} ready"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
