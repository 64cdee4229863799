"""The whole way on Telegram, by webhook and by polling, on both databases and in both languages."""

from pathlib import Path

import pytest

from tests.artisans import POTTER, WEAVER_CPU, Artisan, walk
from tests.fakes.bot_api import BotApi
from tests.running import Desk, telegram


@pytest.mark.parametrize("mode", ["webhook", "polling"])
def test_an_artisan_reaches_her_result(database_url: str, tmp_path: Path, mode: str) -> None:
    api = BotApi(tmp_path)
    desk = Desk(tmp_path)
    desk.environment |= telegram(api.url, database_url, desk.url if mode == "webhook" else None)
    try:
        desk.start()
        if mode == "webhook":
            api.wait(lambda: api.webhook or api.calls["getMe"])
        arabic = walk(Artisan(api, 1001), "ar", POTTER)
        assert "أمو العاملين لحسابهم" in arabic["text"]
        assert "163 درهم" in arabic["text"].replace("\u00a0", " ")
        french = walk(Artisan(api, 1002), "fr", WEAVER_CPU)
        assert "AMO des indépendants, avec la CPU" in french["text"]
        assert "390 DH tous les 3 mois" in french["text"].replace("\u00a0", " ")
        api.wait(lambda: api.calls["answerCallbackQuery"] >= 10)
        assert api.broken_rules == []
        assert desk.stop() == 0
    finally:
        desk.close()
        api.close()
    assert "ERROR" not in desk.log()
