"""Settings from the environment, .env and secret files, and what is said when they cannot be used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import ConfigError, Settings, load_settings

TOKEN = "123456:AAE-abc_DEF"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "TOKEN",
        "TOKEN_FILE",
        "ADMINS",
        "ADDED_BY_ADMINS",
        "ALLOWED",
        "API_URL",
        "HOME",
        "MODEL",
        "WORKERS",
        "STOP_TIMEOUT_S",
        "DEVICE",
        "MAX_BATCH_SIZE",
    ):
        monkeypatch.delenv(f"LABELBOT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", TOKEN)
    assert load_settings().read_token() == TOKEN


def test_the_address_of_the_api_may_end_in_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_API_URL", "http://127.0.0.1:8081/")
    assert load_settings().api_url == "http://127.0.0.1:8081"


def test_the_token_comes_from_a_file_without_its_line_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("LABELBOT_TOKEN_FILE", str(tmp_path / "secret"))
    assert load_settings().read_token() == TOKEN


def test_the_token_comes_from_a_dot_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"LABELBOT_TOKEN={TOKEN}\nLABELBOT_WORKERS=3\nSOMETHING_ELSE=1\n")
    settings = load_settings()
    assert settings.read_token() == TOKEN
    assert settings.workers == 3


def test_the_environment_wins_over_dot_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LABELBOT_MODEL=from-file\n")
    monkeypatch.setenv("LABELBOT_MODEL", "from-environment")
    assert load_settings().model == "from-environment"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, "No bot token"),
        ("", "No bot token"),
        ("  ", "LABELBOT_TOKEN is empty"),
        ("hunter2", "does not hold a bot token"),
        ("123:abc/../getMe", "does not hold a bot token"),
    ],
)
def test_a_token_that_cannot_be_one_is_named_but_never_shown(
    monkeypatch: pytest.MonkeyPatch, token: str | None, said: str
) -> None:
    if token is not None:
        monkeypatch.setenv("LABELBOT_TOKEN", token)
    with pytest.raises(ConfigError, match=said) as refused:
        load_settings().read_token()
    assert "\n" not in str(refused.value)
    if token is not None and token.strip():
        assert token not in str(refused.value)


def test_two_places_for_the_token_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(TOKEN)
    monkeypatch.setenv("LABELBOT_TOKEN", TOKEN)
    monkeypatch.setenv("LABELBOT_TOKEN_FILE", str(tmp_path / "secret"))
    with pytest.raises(ConfigError, match="Both LABELBOT_TOKEN and LABELBOT_TOKEN_FILE"):
        load_settings().read_token()


def test_empty_settings_count_as_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As compose files pass them on."""
    before = load_settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(f"LABELBOT_{name.upper()}", "")
    assert load_settings() == before
    (tmp_path / "secret").write_text(TOKEN)
    monkeypatch.setenv("LABELBOT_TOKEN_FILE", str(tmp_path / "secret"))
    assert load_settings().read_token() == TOKEN


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    with pytest.raises(ConfigError, match="no home folder: set LABELBOT_HOME"):
        load_settings()
    monkeypatch.setenv("LABELBOT_HOME", "/srv/labelbot")
    assert load_settings().home == Path("/srv/labelbot")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_a_token_file_without_a_token_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("LABELBOT_TOKEN_FILE", str(path))
    with pytest.raises(ConfigError, match="LABELBOT_TOKEN_FILE") as refused:
        load_settings().read_token()
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LABELBOT_WORKERS", "none"),
        ("LABELBOT_WORKERS", "0"),
        ("LABELBOT_API_URL", "api.telegram.org"),
        ("LABELBOT_DEVICE", "cuda"),
        ("LABELBOT_CLUSTER", "head:65536"),
        ("LABELBOT_MAX_BATCH_SIZE", "257"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as refused:
        load_settings()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("WORKERS", "many", "a whole number"),
        ("WORKERS", "0", "at least 1"),
        ("RETENTION_DAYS", "9" * 5000, "a whole number"),
        ("MAX_BATCH_SIZE", "257", "at most 256"),
        ("MAX_AGE", "long", "a number"),
        ("MAX_AGE", "0", "more than 0"),
        ("ADDED_BY_ADMINS", "perhaps", "true or false"),
        ("API_URL", "api.telegram.org", "an address that begins with http:// or https://"),
        ("DEVICE", "cuda", "a device such as CPU:0 or GPU:0"),
        ("ADMINS", "me", "the ids of people, which are whole numbers"),
        ("ADMINS", "-5", "the ids of people, but -5 is not one"),
        ("ADMINS", "-5,1,136817688", "the ids of people, but -5, 136817688 are none"),
        ("ALLOWED", "@alice", "the ids of people and chats, which are whole numbers"),
        ("API_URL", "http://exam ple", "an address that begins with http:// or https://"),
        ("API_URL", "http://[::1", "an address that begins with http:// or https://"),
        ("API_URL", "http://localhost:99999", "an address that begins with http:// or https://"),
        ("API_LOCAL_FILES", "files", "the absolute path of a folder, as the Bot API server names it"),
    ],
)
def test_what_a_setting_may_be_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str) -> None:
    monkeypatch.setenv(f"LABELBOT_{name}", value)
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"LABELBOT_{name} cannot be used: expected {expected}. Received: ")


def test_an_option_that_cannot_be_used_is_named_as_it_was_given() -> None:
    with pytest.raises(ConfigError, match=r"^--listen cannot be used: expected HOST:PORT.* Received: 'here'$"):
        load_settings(listen="here")


def test_every_unusable_setting_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_WORKERS", "many")
    monkeypatch.setenv("LABELBOT_ADMINS", "me, you")
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert [fault.setting for fault in refused.value.faults] == ["admins", "workers"]
    assert str(refused.value).splitlines() == [str(fault) for fault in refused.value.faults]


def test_commands_get_only_the_variables_that_are_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load_settings().command_variables() == {}
    (tmp_path / ".env").write_text("LABELBOT_DEVICE=GPU:0\nLABELBOT_MAX_BATCH_SIZE=8\n")
    monkeypatch.setenv("LABELBOT_DEVICE", "CPU:0")
    assert load_settings().command_variables() == {"LABELBOT_DEVICE": "CPU:0", "LABELBOT_MAX_BATCH_SIZE": "8"}


def test_commands_read_the_variables_of_device_and_batch_size(monkeypatch: pytest.MonkeyPatch) -> None:
    from inference.commands.network_options import read_network_options
    from inference.models.network import MAX_BATCH_SIZE, NetworkOptions

    settings = Settings(device="CPU:0", max_batch_size=MAX_BATCH_SIZE)
    for name, value in settings.command_variables().items():
        monkeypatch.setenv(name, value)
    assert read_network_options() == NetworkOptions("CPU:0", MAX_BATCH_SIZE)


@pytest.mark.parametrize(
    ("value", "ids"), [("", set()), ("7", {7}), ("7,8", {7, 8}), (" 7, 8 9 ", {7, 8, 9}), ("6000000000", {6 * 10**9})]
)
def test_admins_are_ids_between_commas_or_blanks(monkeypatch: pytest.MonkeyPatch, value: str, ids: set[int]) -> None:
    monkeypatch.setenv("LABELBOT_ADMINS", value)
    assert load_settings().admins == ids


@pytest.mark.parametrize(
    "value", ["boss", "@boss", "7;8", "-1001234567890", "0", "7,1087968824", "777000", "136817688"]
)
def test_only_people_can_be_admins(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LABELBOT_ADMINS", value)
    with pytest.raises(ConfigError, match=r"^LABELBOT_ADMINS cannot be used: ") as refused:
        load_settings()
    assert "\n" not in str(refused.value)


def test_a_dot_env_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LABELBOT_MODEL=\xff\xfe")
    with pytest.raises(ConfigError, match=r"\.env cannot be read: it is not text"):
        load_settings()


def test_the_token_does_not_show_when_settings_are_printed() -> None:
    settings = Settings.model_validate({"token": TOKEN})
    assert TOKEN not in repr(settings)


def test_reading_the_settings_loads_neither_the_chat_library_nor_a_network() -> None:
    code = "import sys, bot.config; print([m for m in ('telegram', 'tensorflow', 'numpy') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_everybody_may_use_the_bot_until_a_list_says_who(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_settings().allowed
    assert not load_settings().added_by_admins
    monkeypatch.setenv("LABELBOT_ALLOWED", "7, -1001234567890")
    monkeypatch.setenv("LABELBOT_ADDED_BY_ADMINS", "true")
    settings = load_settings()
    assert settings.allowed == {7, -1001234567890}
    assert settings.added_by_admins


@pytest.mark.parametrize("value", ["0", "1087968824", "777000", "@alice", "7 x"])
def test_only_ids_of_people_and_chats_are_on_the_list(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LABELBOT_ALLOWED", value)
    with pytest.raises(ConfigError, match="LABELBOT_ALLOWED cannot be used"):
        load_settings()


def test_a_secret_that_was_put_into_another_setting_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
    for name in ("WORKERS", "API_URL", "ADMINS", "RETENTION_DAYS"):
        monkeypatch.setenv(f"LABELBOT_{name}", f"4839574812:{secret}")
        with pytest.raises(ConfigError) as refused:
            load_settings()
        assert secret not in str(refused.value)
        monkeypatch.delenv(f"LABELBOT_{name}")


def test_all_ids_that_are_none_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_ADMINS", "me,1,you")
    with pytest.raises(ConfigError, match=r"whole numbers\. Received: 'me', 'you'$"):
        load_settings()


def test_the_folder_of_a_local_bot_api_server_is_an_absolute_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_API_LOCAL_FILES", "/var/lib/telegram-bot-api")
    assert load_settings().api_local_files == Path("/var/lib/telegram-bot-api")
    monkeypatch.delenv("LABELBOT_API_LOCAL_FILES")
    assert load_settings().api_local_files is None


@pytest.mark.parametrize("folder", ["files", "/", "/var/lib/../files"])
def test_another_folder_of_a_local_bot_api_server_is_refused(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("LABELBOT_API_LOCAL_FILES", folder)
    with pytest.raises(ConfigError, match=r"LABELBOT_API_LOCAL_FILES cannot be used: .*the absolute path of a folder"):
        load_settings()
