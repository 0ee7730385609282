from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import ModelError
from inference.models.labels import SYNSET_NAMES, format_labels, parse_labels, read_label_file

THOUSAND = [f"thing {number}" for number in range(1000)]


@pytest.mark.parametrize(
    "text",
    [
        "ant\nbee\ncat\n",
        "ant\nbee\ncat",
        "ant\r\nbee\r\ncat\r\n",
        "\ufeffant\n  bee  \ncat\n\n\n",
        "n02219486 ant\nn02206856 bee\nn02121808 cat\n",
        "n02219486\tant\nn02206856\tbee\nn02121808\tcat\n",
        "0 ant\n1 bee\n2 cat\n",
        "0: ant\n1: bee\n2: cat\n",
        "0,ant\n1,bee\n2,cat\n",
        "0 - ant\n1 - bee\n2 - cat\n",
        "0. ant\n1. bee\n2. cat\n",
        "0) ant\n1) bee\n2) cat\n",
        "[0] ant\n[1] bee\n[2] cat\n",
        "0=ant\n1=bee\n2=cat\n",
        "1 ant\n2 bee\n3 cat\n",
        "2 cat\n0 ant\n1 bee\n",
        "ant 0\nbee 1\ncat 2\n",
        "ant,0\nbee,1\ncat,2\n",
        "ant - 0\nbee - 1\ncat - 2\n",
        '"ant"\n"bee"\n"cat"\n',
        "'ant',\n'bee',\n'cat'\n",
        '"0","ant"\n"1","bee"\n"2","cat"\n',
        "- ant\n- bee\n- cat\n",
        "ant,bee,cat\n",
        "['ant', 'bee', 'cat']\n",
        '["ant",\n "bee",\n "cat"]\n',
        "{0: 'ant',\n 1: 'bee',\n 2: 'cat'}\n",
        '{"0": "ant", "2": "cat", "1": "bee"}\n',
        "{1: 'ant', 2: 'bee', 3: 'cat'}\n",
        "{'ant': 0, 'bee': 1, 'cat': 2}\n",
        '{"0": ["n02219486", "ant"], "1": ["n02206856", "bee"], "2": ["n02121808", "cat"]}\n',
        '{"version": 1, "labels": ["ant", "bee", "cat"]}\n',
        '{"id2label": {"0": "ant", "1": "bee", "2": "cat"}, "image_size": 224}\n',
        '[{"id": 1, "name": "ant"}, {"id": 2, "name": "bee"}, {"id": 3, "name": "cat"}]\n',
        "id,name\n0,ant\n1,bee\n2,cat\n",
        'index;label\n0;"ant"\n1;"bee"\n2;"cat"\n',
        "Class ID\tClass Name\n3\tcat\n1\tant\n2\tbee\n",
        "name,id,note\nant,0,small\nbee,1,small\ncat,2,large\n",
        "label\nant\nbee\ncat\n",
    ],
)
def test_a_label_is_what_stands_after_synset_and_index(text: str) -> None:
    assert parse_labels(text, 3) == ("ant", "bee", "cat")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("7 up\n3 musketeers", ("7 up", "3 musketeers")),
        ("1 euro\n2 euro", ("1 euro", "2 euro")),
        ("0 ant\nbee", ("0 ant", "bee")),
        ("n02219486\nn02206856", ("n02219486", "n02206856")),
        ("n02219486 ant\nbee", ("n02219486 ant", "bee")),
    ],
)
def test_what_is_no_prefix_of_every_line_is_part_of_the_labels(text: str, labels: tuple[str, ...]) -> None:
    assert parse_labels(text, 2) == labels


@pytest.mark.parametrize(
    "label", ["0-5 years", "0.5 mm", "7 up", "public house (pub)", "[unknown]", "let go", "a, b", '12" pipe', "cat's"]
)
def test_what_only_resembles_a_format_is_a_label(label: str) -> None:
    assert parse_labels(f"{label}\nant\nbee", 3) == (label, "ant", "bee")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("labels = ['ant', 'bee']", "what looks like a program, line 1: "),
        (
            "import json\n\nLABELS = {\n    0: 'ant',\n    1: 'bee',\n}\n",
            "what looks like a program, line 3: 'LABELS = {'",
        ),
        ("const labels = ['ant', 'bee'];", "what looks like a program"),
        ("def labels():\n    return 2", "what looks like a program"),
        ("{0: open('secret').read(), 1: 'bee'}", "what looks like a program"),
        ("np.array(['ant', 'bee'])", "what looks like a program"),
        ("item {\n  id: 1\n  name: 'ant'\n}\n", "what looks like a program"),
        ("[" * 100_000, "what looks like a program"),
        ("<!DOCTYPE html>\n<html>", "a web page"),
        ("{'ant': {'legs': 6}}", "something else"),
        ("[[1, 2], [3, 4]]", "something else"),
        ("[]", "something else"),
        ("[0x" + "f" * 5000 + "]", "too large"),
        ("{0x" + "f" * 5000 + ": 'ant'}", "too large"),
        ("{[1]: 2}", "labels"),
        ("{'ant': -1, 'bee': 0}", "something else"),
        ("id,name\n0,ant\n0,bee\n", "0 twice"),
        ("{0: 'ant', 5: 'bee'}", "the last with the index 5"),
    ],
)
def test_what_is_no_list_of_labels_is_refused_and_never_run(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "labels.txt").write_text(text)
    with pytest.raises(ModelError, match=r"labels\.txt: expected ") as refused:
        read_label_file(tmp_path / "labels.txt", 2)
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 300 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('{"0": 0, "1": 1, "10": 2, "11": 3, "2": 4}', ("0", "1", "10", "11", "2")),
        ('{"1": 0, "0": 1}', ("1", "0")),
        ('{"0": 1999, "1": 2004}', ("1999", "2004")),
        ("{0: 0, 1: 1}", ("0", "1")),
    ],
)
def test_numbers_as_labels_are_told_from_indices(text: str, labels: tuple[str, ...]) -> None:
    assert parse_labels(text, len(labels)) == labels


@pytest.mark.parametrize("text", ["{0: 1, 1: 2}", "{0: 1999, 1: 2004}", "{5: 0, 7: 1}"])
def test_numbers_that_could_be_labels_or_indices_are_refused(text: str) -> None:
    with pytest.raises(ModelError, match="quotation marks around the labels"):
        parse_labels(text, 2)


def test_indices_with_gaps_are_outputs() -> None:
    assert parse_labels("{0: 'ant', 2: 'bee'}", 4) == ("ant", None, "bee", None)


def test_text_as_windows_writes_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes("ameise\r\nbär\r\n".encode("utf-16"))
    assert read_label_file(tmp_path / "labels.txt", 2) == ("ameise", "bär")


def test_empty_lines_have_no_label() -> None:
    assert parse_labels("ant\n\nbee", 3) == ("ant", None, "bee")
    assert parse_labels("ant\nbee\n\n\n", 4) == ("ant", "bee", None, None)
    assert parse_labels("ant\nbee\n\n\n", 2) == ("ant", "bee")


@pytest.mark.parametrize("name", ["Background", "background", "dummy"])
def test_a_class_of_one_s_own_is_called_as_it_is(name: str) -> None:
    for labels in ((name, "ant", "bee"), ("ant", "bee", name)):
        assert parse_labels("\n".join(labels), 3) == labels
        assert parse_labels("".join(f"{number} {label}\n" for number, label in enumerate(labels)), 3) == labels
        assert parse_labels(format_labels(labels), 3) == labels


def test_the_last_line_of_inaturalist_s_files_is_no_class() -> None:
    birds = [f"bird {number}" for number in range(964)]
    assert parse_labels("\n".join([*birds, "background"]), 965) == (*birds, None)


def test_a_thousand_labels_fit_a_network_with_a_background_output() -> None:
    assert parse_labels("\n".join(THOUSAND), 1001) == (None, *THOUSAND)


def test_a_thousand_and_one_labels_fit_a_network_without_a_background_output() -> None:
    assert parse_labels("\n".join(["background", *THOUSAND]), 1000) == tuple(THOUSAND)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["ant", "bee"], 3),
        (["ant", "bee"], 1),
        (["background", *THOUSAND[1:]], 1001),
        ([*THOUSAND, "one more"], 1000),
        (THOUSAND, 1002),
    ],
)
def test_counts_that_do_not_fit_are_told(labels: list[str], classes: int) -> None:
    with pytest.raises(ModelError, match=rf"expected {classes} labels.*Received: {len(labels)}"):
        parse_labels("\n".join(labels), classes)


@pytest.mark.parametrize("text", ["", "\n", "\n \n\n"])
def test_a_file_without_any_label_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        parse_labels(text, max(1, len(text.split("\n"))))


SHOWABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp")), max_size=20)


@given(st.lists(st.none() | SHOWABLE.map("a{}z".format), min_size=1, max_size=20))
def test_what_is_formatted_parses_to_the_same(labels: list[str | None]) -> None:
    labels = [label and label.strip() for label in [*labels, "last"]]
    assert parse_labels(format_labels(labels), len(labels)) == tuple(labels)


# Each changes the display of a chat or a terminal: a line break, an escape sequence, or a reversed text.
@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u2066"])
def test_labels_that_control_how_text_is_shown_are_refused(tmp_path: Path, character: str) -> None:
    label = f"bee{character}[2Jant"
    (tmp_path / "labels.txt").write_text(f"ant\n{label}\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"characters that can be shown\. .* in label 2, 'bee") as refused:
        read_label_file(tmp_path / "labels.txt", 2)
    assert character not in str(refused.value)
    with pytest.raises(ModelError, match="characters that can be shown"):
        format_labels(["ant", label])
    with pytest.raises(ModelError, match="characters that can be shown"):
        read_label_map(tmp_path, LABEL_MAP, NAMES.replace("goldfish", label), 5)


def test_half_of_a_character_in_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('["\\ud83d\\ude00", "\\ud83d"]')
    with pytest.raises(ModelError, match=r"Received: '\\ud83d' in label 2"):
        read_label_file(tmp_path / "labels.json", 2)


@pytest.mark.parametrize(
    "label", ["tench, Tinca tinca", "rosé", "蜜蜂", "نحلة", "\u0645\u06cc\u200c\u062e", "👩\u200d🔬", "a\tb"]
)
def test_labels_of_all_languages_are_taken(label: str) -> None:
    assert parse_labels(f"{label}\nant", 2) == (label, "ant")


def test_a_long_label_is_refused() -> None:
    assert parse_labels(f"{'a' * 400}\nb", 2)[1] == "b"
    with pytest.raises(ModelError, match=r"at most 400 characters. Received: 401, label 2: 'aaa"):
        parse_labels(f"b\n{'a' * 401}", 2)


def test_a_file_of_labels_is_not_read_beyond_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    with path.open("wb") as file:
        file.truncate(10**12)  # a sparse file, of which nothing is on the disk
    with pytest.raises(ModelError, match=r"at most 10,000,000 bytes. Received: more"):
        read_label_file(path, 3)
    (tmp_path / "map.pbtxt").write_text(LABEL_MAP)
    path.rename(tmp_path / SYNSET_NAMES)
    with pytest.raises(ModelError, match=r"at most 10,000,000 bytes. Received: more"):
        read_label_file(tmp_path / "map.pbtxt", 5)


def test_numbers_of_thousands_of_digits_are_part_of_a_label_or_no_map(tmp_path: Path) -> None:
    number = "1" * 5000
    with pytest.raises(ModelError, match="at most 400 characters"):
        parse_labels(f"{number} ant\n{number} bee", 2)
    labels = read_label_map(tmp_path, LABEL_MAP.replace("target_class: 3", f"target_class: {number}"), NAMES, 5)
    assert labels == (None, "goldfish, Carassius auratus", None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "1" + " " * 300_000 + "ant\n2 bee",
        "ant\n" + " " * 300_000 + "bee\ncat\ndog",
        "ant: " + " " * 300_000 + "bee\ncat",
        "for " + "in x " * 60_000 + "\ncat",
        "\n".join(f"{number},ant" for number in [*range(20_000), 19_999]),
        "index,label\n" + "\n".join(f"{number},ant" for number in [*range(20_000), 19_999]),
        "(" + "1," * 1_000_001 + ")",
    ],
    ids=["index", "spaces", "value", "for", "lines", "table", "literal"],
)
def test_no_text_takes_longer_than_its_size_explains(text: str) -> None:
    with pytest.raises(ModelError):
        parse_labels(text, 3)


def test_a_label_of_two_lines_is_refused() -> None:
    with pytest.raises(ModelError, match="one line"):
        format_labels(["ant", "bee\ncat"])


# The format of the archive inception-2015-12-05.
LABEL_MAP = """# -*- protobuf -*-
# LabelMap from ILSVRC 2012 full data set UIDs to int32 target classes.
entry {
  target_class: 3
  target_class_string: "n01440764"
}
entry {
  target_class: 1
  target_class_string: "n01443537"
}
"""
NAMES = "n00004475\torganism, being\nn01440764\ttench, Tinca tinca\nn01443537\tgoldfish, Carassius auratus\n"


def read_label_map(folder: Path, label_map: str, names: str, classes: int) -> tuple[str | None, ...]:
    path = folder / "imagenet_2012_challenge_label_map_proto.pbtxt"
    path.write_text(label_map)
    (folder / SYNSET_NAMES).write_text(names)
    return read_label_file(path, classes)


def test_a_label_map_is_read_in_two_steps(tmp_path: Path) -> None:
    goldfish, tench = "goldfish, Carassius auratus", "tench, Tinca tinca"
    assert read_label_map(tmp_path, LABEL_MAP, NAMES, 5) == (None, goldfish, None, tench, None)


@pytest.mark.parametrize(
    ("label_map", "names", "complaint"),
    [
        (LABEL_MAP, "n01440764\ttench\n", "Received: none for 'n01443537'"),
        (LABEL_MAP.replace("3", "5"), NAMES, "expected each of 5 outputs once in the label map. Received: 5"),
        (LABEL_MAP.replace("3", "1"), NAMES, "expected each of 5 outputs once in the label map. Received: 1"),
    ],
)
def test_a_label_map_that_does_not_fit_is_refused(tmp_path: Path, label_map: str, names: str, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        read_label_map(tmp_path, label_map, names, 5)


def test_a_label_map_needs_the_names_beside_it(tmp_path: Path) -> None:
    (tmp_path / "map.pbtxt").write_text(LABEL_MAP)
    with pytest.raises(FileNotFoundError, match=SYNSET_NAMES):
        read_label_file(tmp_path / "map.pbtxt", 5)


def test_outputs_to_spare_after_those_of_imagenet_have_no_label() -> None:
    labels = parse_labels("\n".join(["dummy", *THOUSAND]), 1008)
    assert labels == (None, *THOUSAND, *[None] * 7)
    with pytest.raises(ModelError, match="expected 1007 labels"):
        parse_labels("\n".join(["dummy", *THOUSAND]), 1007)
