from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

import bot
import inference
from inference.commands.label import describe_error
from inference.compiler.comparison import SAMPLE
from inference.errors import ModelError
from inference.models.labels import imagenet_labels
from inference.models.store import BUILT_IN, ModelStore
from inference.naming.class_names import class_names
from tests.support.program import Program

pytestmark = pytest.mark.usefixtures("home")

PROGRAM = Path(sys.executable).with_name("labelbot")
CAT = Path(bot.__file__).with_name("cat.jpg")
STARTER = Path(inference.__file__).parent / "models" / "starter"
LINE = re.compile(r".+ \(score = [01]\.[0-9]{5}\)")


@pytest.fixture(scope="session")
def photo() -> Path:
    return SAMPLE


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_text("not a photo")
    return path


@pytest.fixture
def plain_photos(tmp_path: Path) -> list[Path]:
    """Ten images of one colour each, the first red: quick to make and to decode."""
    paths = [tmp_path / f"colour-{number}.png" for number in range(10)]
    for number, path in enumerate(paths):
        Image.new("RGB", (70, 70), (255 - 25 * number, 25 * number, 0)).save(path)
    return paths


@pytest.fixture
def web_folder(photo: Path) -> Iterator[str]:
    """The address of a web server that serves the photo's folder."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(photo.parent))  # type: ignore[arg-type]  # as the server calls it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run_on_terminal(arguments: Sequence[str | Path], *, stdout_too: bool) -> tuple[str, str]:
    """Run the program with its stderr on a terminal; return what the terminal got, and what a pipe at stdout did."""
    master, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "300"}
    with subprocess.Popen(
        [PROGRAM, *arguments], stdout=terminal if stdout_too else subprocess.PIPE, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        shown = b""
        while chunk := _read_until_hang_up(master):
            shown += chunk
        os.close(master)
        piped = process.stdout.read() if process.stdout else b""
    assert process.returncode == 0, shown
    return shown.decode(), piped.decode()


def _read_until_hang_up(screen: int) -> bytes:
    try:
        return os.read(screen, 65_536)
    except OSError:  # Linux's way to say that the other side closed the terminal
        return b""


def test_one_image_prints_five_lines_best_first(program: Program, photo: Path) -> None:
    labelled = program("label", photo)
    lines = labelled.out.splitlines()
    assert (labelled.status, labelled.err, len(lines)) == (0, "", 5)
    assert all(LINE.fullmatch(line) for line in lines)
    scores = [float(line.split("score = ")[1].rstrip(")")) for line in lines]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("option", ["--top", "--num-top-predictions"])
def test_the_number_of_labels_can_be_chosen(program: Program, photo: Path, option: str) -> None:
    assert len(program("label", photo, option, "3").out.splitlines()) == 3


def names_in(language: str) -> list[str]:
    return list(class_names(language).values())


def test_full_names_are_the_whole_line_of_the_label_file(program: Program, photo: Path) -> None:
    texts = imagenet_labels()
    full = [
        line.rpartition(" (")[0] for line in program("label", photo, "--full-names", "--top", "1000").out.splitlines()
    ]
    first = [line.rpartition(" (")[0] for line in program("label", photo, "--top", "1000").out.splitlines()]
    assert sorted(full) == sorted(texts)
    assert sorted(first) == sorted(names_in("en"))
    assert first != full


@pytest.mark.parametrize("language", ["de", "ar", "pt-BR"])
def test_names_are_in_the_language_that_is_asked_for(program: Program, photo: Path, language: str) -> None:
    (answer,) = (
        json.loads(line) for line in program("label", "--json", photo, "--language", language).out.splitlines()
    )
    for prediction in answer["predictions"]:
        assert prediction["label"] == names_in(language)[prediction["index"]]
        assert prediction["class_id"] == list(class_names())[prediction["index"]]


def test_a_language_without_names_is_a_usage_error(program: Program, photo: Path) -> None:
    refused = program("label", photo, "--language", "xx")
    assert refused.status == 2
    assert "expected one of ar, de, en, es, pt, ru, uk" in refused.err


@pytest.mark.parametrize(("language", "name"), [("en", "cat"), ("de", "Katze"), ("ru", "кошка")])
def test_the_headline_is_a_kind_if_only_a_kind_is_sure(program: Program, language: str, name: str) -> None:
    (answer,) = (json.loads(line) for line in program("label", "--json", CAT, "--language", language).out.splitlines())
    assert (answer["headline"]["name"], answer["headline"]["level"]) == (name, "kind")
    assert answer["headline"]["probability"] > 0.9 > answer["predictions"][0]["score"]


def test_a_model_of_ones_own_brings_names(program: Program, photo: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("".join(f"Name {number}\n" for number in range(200)))
    install = (
        "models", "install", STARTER / "model.tflite", "--labels", STARTER / "labels.txt", "--input-range=-1,1",
    )  # fmt: skip
    assert program(*install, "--name", "plain").status == 0
    assert program(*install, "--name", "named", "--names", f"fr={names}").status == 0
    french = json.loads(program("label", "--json", photo, "--model", "named", "--language", "fr").out)
    assert [found["label"] for found in french["predictions"]] == [f"Name {f['index']}" for f in french["predictions"]]
    assert program("label", photo, "--model", "named").out == program("label", photo, "--model", "plain").out
    assert program("label", photo, "--model", "plain", "--language", "fr").status == 2
    for wrong in (f"french={names}", f"fr={names}x", "fr"):
        assert program(*install, "--name", "other", "--names", wrong).status == 2


def test_json_is_one_object_a_line(program: Program, photo: Path, plain_photos: list[Path]) -> None:
    labelled = program("label", "--json", "--top", "2", photo, plain_photos[0])
    answers = [json.loads(line) for line in labelled.out.splitlines()]
    assert [answer["image"] for answer in answers] == [str(photo), str(plain_photos[0])]
    for answer in answers:
        assert set(answer) == {"image", "model", "headline", "predictions", "frames", "elapsed_ms"}
        assert answer["frames"] is None
        assert set(answer["headline"]) == {"name", "level", "probability"}
        assert answer["model"] == "efficientnet_lite0"
        assert answer["elapsed_ms"] > 0
        assert len(answer["predictions"]) == 2
        for prediction in answer["predictions"]:
            assert set(prediction) == {"label", "class_id", "score", "index"}
            assert prediction["label"] == names_in("en")[prediction["index"]]
            assert 0 <= prediction["score"] <= 1


def test_an_animation_is_labelled_by_several_frames(program: Program, tmp_path: Path) -> None:
    picture, path = Image.open(SAMPLE).convert("RGB"), tmp_path / "moving.gif"
    moved = [picture.crop((step, 0, picture.width, picture.height)).resize(picture.size) for step in range(0, 50, 10)]
    moved[0].save(path, save_all=True, append_images=moved[1:])
    *_, line = program("label", path).out.splitlines()
    assert re.fullmatch(r"animation: .+ in [23] of 3 frames", line)
    frames = json.loads(program("label", "--json", path).out)["frames"]
    assert frames["total"] == 3
    assert line.endswith(f" in {frames['agreeing']} of 3 frames")


def test_json_and_lines_say_the_same(program: Program, photo: Path) -> None:
    (answer,) = (json.loads(line) for line in program("label", "--json", photo).out.splitlines())
    lines = [f"{prediction['label']} (score = {prediction['score']:.5f})" for prediction in answer["predictions"]]
    assert program("label", photo).out.splitlines() == lines


def test_a_dash_is_standard_input(program: Program, photo: Path) -> None:
    assert program("label", "-", stdin=photo.read_bytes()) == program("label", photo)
    assert program("label", "-", stdin=b"").status == 1


def test_an_address_is_downloaded(program: Program, photo: Path, web_folder: str) -> None:
    assert program("label", f"{web_folder}/{photo.name}", "--allow-private") == program("label", photo)


def test_a_private_address_needs_a_word(program: Program, photo: Path, web_folder: str) -> None:
    refused = program("label", f"{web_folder}/{photo.name}")
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert f"{web_folder}/{photo.name}: it could not be downloaded" in refused.err


def test_another_model_answers_if_asked(program: Program, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(
        "models", "install", STARTER / "model.tflite", "--labels", STARTER / "labels.txt", "--name", "copy",
        "--input-range=-1,1", "--crop", "1",
    )  # fmt: skip
    assert json.loads(program("label", "--json", photo, "--model", "copy").out)["model"] == "copy"
    # The copy has the starter's network without its temperature, which changes scores but not their order.
    names = [
        [prediction["label"] for prediction in json.loads(program("label", "--json", photo, *which).out)["predictions"]]
        for which in (("--model", "starter"), ("--model", "copy"))
    ]
    assert names[0] == names[1]
    monkeypatch.setenv("LABELBOT_MODEL", "copy")
    assert json.loads(program("label", "--json", photo).out)["model"] == "copy"


def test_an_unknown_model_is_answered_with_the_installed_ones(program: Program, photo: Path) -> None:
    unknown = program("label", photo, "--model", "nothing")
    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.err == "labelbot: no model named 'nothing' is installed; installed: starter, efficientnet_lite0\n"


def test_what_cannot_be_read_is_one_line_each(program: Program, broken: Path, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(30 * 2**20)
    empty = tmp_path / "empty.jpg"
    empty.touch()
    for source, reason in (
        (empty, "it is empty\n"),
        (broken, "not an image that can be read"),
        (tmp_path / "absent.jpg", "No such file or directory"),
        (huge, "expected at most 20,971,520 bytes"),
    ):
        refused = program("label", source)
        assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
        assert refused.err.startswith(f"labelbot: {source}: {reason}")


def test_an_unexpected_error_is_one_images_and_ours_is_everybodys() -> None:
    assert describe_error(AssertionError("of a decoder")) == "it failed unexpectedly: AssertionError: of a decoder"
    assert describe_error(MemoryError()).startswith("expected enough memory")
    with pytest.raises(ModelError):
        describe_error(ModelError("broken"))


def test_several_images_have_a_heading_each_and_one_bad_one_spoils_none(
    program: Program, photo: Path, broken: Path, plain_photos: list[Path]
) -> None:
    labelled = program("label", photo, broken, plain_photos[0], "ftp://example.com/a.png", "--top", "2")
    lines = labelled.out.splitlines()
    assert labelled.status == 1
    assert [lines[0], lines[3]] == [f"==> {photo} <==", f"==> {plain_photos[0]} <=="]
    assert len([line for line in lines if LINE.fullmatch(line)]) == 4
    assert lines[1:3] == program("label", photo, "--top", "2").out.splitlines()
    complaints = labelled.err.splitlines()
    assert len(complaints) == 2
    assert complaints[0].startswith(f"labelbot: {broken}: ")
    assert complaints[1].startswith("labelbot: ftp://example.com/a.png: it could not be downloaded: ")


@pytest.mark.slow
def test_more_images_than_the_pool_takes_at_once_keep_their_order(
    program: Program, photo: Path, plain_photos: list[Path]
) -> None:
    sources = [photo, *plain_photos] * 28
    labelled = program("label", "--json", *sources)
    assert labelled.status == 0
    assert [json.loads(line)["image"] for line in labelled.out.splitlines()] == [str(source) for source in sources]


def test_an_answer_is_printed_while_a_later_image_is_still_awaited(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    command: list[str | Path] = [PROGRAM, "label", "--top", "1", photo, "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], 60)
        process.stdin.write(photo.read_bytes())
        process.stdin.close()
        lines = process.stdout.read().decode().splitlines()
    assert readable
    assert lines == [f"==> {photo} <==", lines[1], "==> - <==", lines[1]]


def test_a_broken_model_ends_the_command_in_one_line(program: Program, photo: Path) -> None:
    program(
        "models", "install", STARTER / "model.tflite", "--labels", STARTER / "labels.txt", "--name", "torn",
        "--input-range=-1,1",
    )  # fmt: skip
    (program.home / "models/torn/model.tflite").write_bytes(b"torn")
    failed = program("label", "--model", "torn", photo)
    assert (failed.status, failed.out, failed.err.count("\n")) == (1, "", 1)
    assert str(program.home) in failed.err
    run = subprocess.run([PROGRAM, "label", "--model", "torn", *[photo] * 40], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (1, "", failed.err)


def test_no_image_and_no_label_are_usage_errors(program: Program, photo: Path) -> None:
    assert program("label").status == 2
    assert program("label", photo, "--top", "0").status == 2


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error(
    photo: Path, plain_photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    for images in ([photo], [photo, *plain_photos]):
        with subprocess.Popen([PROGRAM, "label", *images], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 1


def test_a_name_that_is_not_utf8_is_printed_as_it_is(tmp_path: Path, photo: Path) -> None:
    name = bytes(tmp_path) + b"/caf\xe9.jpg"
    Path(os.fsdecode(name)).write_bytes(photo.read_bytes())
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    run = subprocess.run([PROGRAM, "label", name, name], capture_output=True, check=True, env=strict)
    assert run.stdout.splitlines()[0] == b"==> " + name + b" <=="


@pytest.mark.slow
def test_a_terminal_sees_a_progress_bar_and_a_pipe_does_not(photo: Path) -> None:
    shown, piped = run_on_terminal(["label", photo, photo], stdout_too=False)
    assert "Labelling" in shown
    assert "score = " not in shown
    plain = subprocess.run([PROGRAM, "label", photo, photo], capture_output=True, check=True)
    assert piped == plain.stdout.decode()
    assert plain.stderr == b""


def test_answers_stay_on_a_terminal_that_shows_the_bar_too(photo: Path) -> None:
    shown, _ = run_on_terminal(["label", photo, photo], stdout_too=True)
    assert "Labelling" in shown
    assert shown.count("score = ") == 10


@pytest.mark.parametrize("model", BUILT_IN)
def test_one_image_is_labelled_within_little_memory_and_without_what_is_slow_to_import(
    photo: Path, tmp_path: Path, model: str
) -> None:
    ModelStore(tmp_path).find(model)
    script = (
        "import re, sys\n"
        "from bot.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        # VmHWM counts this program only; getrusage would include the process that started it.
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1], *sys.modules)"
    )
    command = [sys.executable, "-c", script, "label", str(photo), "--model", model, "--home", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    peak_kib, *modules = run.stdout.splitlines()[-1].split()
    assert "ai_edge_litert.interpreter" in modules
    assert not {"tensorflow", "keras", "matplotlib", "rich", "aiohttp", "asyncio", "telegram"} & set(modules)
    assert int(peak_kib) * 1024 < 160_000_000


@pytest.mark.shared
def test_the_public_model_is_as_good_as_its_makers_say(program: Program, shared: Path) -> None:
    models, images = shared / "models", shared / "images"
    program(
        "models", "install", models / "mobilenet_v2_1.0_224_quant.tflite",
        "--labels", models / "imagenet_labels.txt", "--name", "mobilenet",
    )  # fmt: skip
    rows = (line.split(",", 3) for line in (images / "imagenet-sample/labels.csv").read_text().splitlines()[1:])
    truths = {str(images / "imagenet-sample" / file): int(index) + 1 for file, _, index, _ in rows}
    labelled = program("label", "--json", "--model", "mobilenet", *truths)
    assert labelled.status == 0
    hits = {1: 0, 5: 0}
    for answer in map(json.loads, labelled.out.splitlines()):
        found = [prediction["index"] for prediction in answer["predictions"]]
        for k in hits:
            hits[k] += truths[answer["image"]] in found[:k]
    assert hits[1] / len(truths) >= 0.85
    assert hits[5] / len(truths) >= 0.95
    for file, expected in {
        "cat_720p.jpg": {"tabby cat", "tiger cat", "Egyptian cat"},
        "parrot.jpg": {"macaw", "lorikeet"},
        "hot_dog.jpg": {"hot dog"},
        "bird.bmp": {"chickadee"},
    }.items():
        best = program("label", "--model", "mobilenet", "--top", "1", images / "photos" / file).out
        assert best.partition(" (")[0] in expected
