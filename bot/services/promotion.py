"""The test that decides whether a model made from a chat's photos becomes the chat's model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import structlog

from bot.domain.reports import CommandRefused, Refusal
from bot.domain.teaching import Promotion, Share, TeachingProblem, TeachingRefused
from bot.services.model_selection import ModelSelection
from bot.services.taught_recognition import TaughtRecognition
from bot.storage.taught import Taught
from inference.teaching.held_out import is_held_out
from inference.teaching.judging import EmbeddingReader, Judgement, judge_model, judge_taught
from inference.teaching.quantisation import dequantise
from inference.teaching.reference import Reference

log = structlog.get_logger()


async def promote(
    chat_id: int, name: str, taught: Taught, models: ModelSelection, recognition: TaughtRecognition
) -> Promotion:
    """Switch a chat to a model if it names more of the held-out photos right, and mistakes no more unrelated photos.

    Both are judged on embeddings, so the model must read the embeddings of the chat's present model: it is a head on
    the same network, such as `labelbot retrain --taught` makes.

    Raises:
        TeachingRefused: the chat has no photos to learn from or to judge with, or the model has another network.
        CommandRefused: the model answers in the chat already, or has classes that another chat taught.
        InferenceError: the model is missing or broken.
    """
    spec = models.selected(chat_id).spec
    if spec.name == name:
        raise CommandRefused(Refusal.CHOSEN_ALREADY, name)
    if name not in models.names_in(chat_id) and name in models.names():
        raise CommandRefused(Refusal.OF_A_CHAT, name)
    candidate, present = await asyncio.gather(
        asyncio.to_thread(_read_model, models, name), asyncio.to_thread(_read_model, models, spec.name)
    )
    if candidate.head is None or candidate.network != present.network:
        raise TeachingRefused(TeachingProblem.OTHER_NETWORK)
    fitted = await recognition.fitted(chat_id)
    names = {class_id: name for name, class_id in fitted.ids.items()}
    stored = await taught.embeddings(chat_id, spec.name, spec.version)
    learnt = _by_name([row for row in stored if not is_held_out(row[0])], names)
    # `retrain --taught` learns a class from its held-out photos if it has no others, so they judge nothing.
    held_out = _by_name([row for row in stored if is_held_out(row[0]) and names[row[1]] in learnt], names)
    if fitted.reference is None or not held_out:
        raise TeachingRefused(TeachingProblem.NOTHING_TAUGHT)
    before, now = await asyncio.to_thread(_judge, learnt, held_out, fitted.reference, present, candidate)
    if promoted := now.is_better_than(before):
        await models.use(name, chat_id)
    log.info("promotion", model=name, promoted=promoted, right=now.right, right_before=before.right)
    return Promotion(
        name,
        spec.name,
        promoted,
        Share(before.right, before.photos),
        Share(now.right, now.photos),
        Share(before.mistaken, before.unrelated),
        Share(now.mistaken, now.unrelated),
    )


def _read_model(models: ModelSelection, name: str) -> EmbeddingReader:
    return EmbeddingReader.read(models.store.find(name))


def _judge(
    learnt: dict[str, npt.NDArray[np.float32]],
    held_out: dict[str, npt.NDArray[np.float32]],
    reference: Reference,
    present: EmbeddingReader,
    candidate: EmbeddingReader,
) -> tuple[Judgement, Judgement]:
    return (
        judge_taught(learnt, held_out, reference, present),
        judge_model(candidate, learnt, held_out, reference),
    )


def _by_name(stored: Sequence[tuple[int, int, bytes]], names: dict[int, str]) -> dict[str, npt.NDArray[np.float32]]:
    rows: dict[str, list[npt.NDArray[np.float32]]] = {}
    for _, class_id, embedding in stored:
        rows.setdefault(names[class_id], []).append(dequantise(embedding))
    return {name: np.stack(embeddings) for name, embeddings in rows.items()}
